import Foundation

/// What the emulator answered, read from the wire.
struct Reply: Sendable {
    let status: Int
    /// In the order sent, names in lower case.
    let headers: [(name: String, value: String)]
    let body: Data

    /// - Throws: `Malformed` when the bytes are no HTTP/1.1 response.
    init(wire: Data) throws {
        guard let end = wire.range(of: Data("\r\n\r\n".utf8)),
            let head = String(data: wire[..<end.lowerBound], encoding: .utf8)
        else { throw Malformed() }
        var lines = head.components(separatedBy: "\r\n")
        let first = lines.removeFirst().split(separator: " ")
        guard first.count > 1, let status = Int(first[1]) else { throw Malformed() }
        self.status = status
        headers = lines.map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (parts[0].lowercased(), parts[1].trimmingCharacters(in: .whitespaces))
        }
        body = Data(wire[end.upperBound...])
    }

    struct Malformed: Error {}

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as a JSON object; empty when it is none.
    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: body)) as? [String: Any] ?? [:]
    }

    /// The first of `error_codes`.
    var code: Int? { (json["error_codes"] as? [Int])?.first }

    /// `error.code` of a Graph error.
    var graphCode: String? { (json["error"] as? [String: Any])?["code"] as? String }

    var accessToken: String { json["access_token"] as? String ?? "" }

    /// The claims of the access token.
    var claims: [String: Any] {
        let parts = accessToken.split(separator: ".")
        guard parts.count == 3, let data = Data(base64URL: String(parts[1])) else { return [:] }
        return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
    }

    /// The query of the `Location` header, decoded.
    var callback: [String: String] {
        guard let location = header("location") else { return [:] }
        return callbackFields(location)
    }
}

/// The fields of a callback address, with `+` as a space.
func callbackFields(_ address: String) -> [String: String] {
    guard let query = address.split(separator: "?", maxSplits: 1).last?.split(separator: "#").first else { return [:] }
    var fields: [String: String] = [:]
    for pair in query.split(separator: "&") {
        let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
        fields[parts[0]] = parts.count > 1 ? parts[1].replacing("+", with: " ").removingPercentEncoding : ""
    }
    return fields
}

extension Data {
    init?(base64URL text: String) {
        var normal = text.replacing("-", with: "+").replacing("_", with: "/")
        while normal.count % 4 != 0 { normal += "=" }
        self.init(base64Encoded: normal)
    }

    var base64URL: String {
        base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
