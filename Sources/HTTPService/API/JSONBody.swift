import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import NIOFoundationEssentialsCompat
import Tenancy

/// JSON as this API speaks it: `snake_case`, sorted keys, ISO 8601 instants in UTC.
enum JSONBody {
    /// No request in JSON is larger; a customer list in CSV has its own limit.
    static let largest = 256 * 1_024

    private static func encoded(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    /// On one line.
    static func text(_ value: some Encodable) throws -> String { String(decoding: try encoded(value), as: UTF8.self) }

    static func response(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        Response(
            status: status,
            headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(data: try encoded(value))))
    }

    /// Reads the body; an empty one counts as `{}`.
    static func read<Value: Decodable>(_ type: Value.Type, from request: Request) async throws -> Value {
        try decode(type, try await request.body.collect(upTo: largest))
    }

    /// - Throws: ``RequestError`` for what is no JSON, no such value, or has a member twice: whoever checked the body
    ///   before may have read the other one.
    static func decode<Value: Decodable>(_ type: Value.Type, _ body: ByteBuffer) throws(RequestError) -> Value {
        let buffer = body.readableBytes == 0 ? ByteBuffer(string: "{}") : body
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.dateDecodingStrategy = .iso8601
        let value: Value
        do {
            value = try decoder.decode(type, from: Data(buffer: buffer))
        } catch {
            throw .body((error as? DecodingError)?.plainWords ?? "it is not JSON")
        }
        guard MemberNames.areUnique(in: Array(buffer.readableBytesView)) else {
            throw .body("one of its objects has two members of the same name")
        }
        return value
    }
}

/// Why a request cannot be carried out as it stands.
enum RequestError: ExplainedError {
    case body(String)
    case parameter(String, rule: String)
    case unknown(String)

    var problem: Problem {
        switch self {
        case .body(let why):
            Problem(
                .invalid, code: "body_invalid", detail: "The body cannot be read: \(why).",
                nextStep: "See /openapi.yaml.")
        case .parameter(let name, let rule):
            Problem(
                .invalid, code: "parameter_invalid", detail: "The parameter '\(name)' cannot be used.",
                nextStep: "Use \(rule).")
        case .unknown(let what):
            Problem(.notFound, code: "not_found", detail: "\(what) is not known here.", nextStep: "List what there is.")
        }
    }
}

extension DecodingError {
    /// What is wrong and where, without the value, which may be a secret.
    var plainWords: String {
        func path(_ context: Context, _ last: [any CodingKey] = []) -> String {
            (context.codingPath + last).map { $0.intValue.map(String.init) ?? $0.stringValue.snakeCase }
                .joined(separator: ".")
        }
        return switch self {
        case .keyNotFound(let key, let context): "'\(path(context, [key]))' is missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context): "'\(path(context))' has the wrong type"
        case .dataCorrupted(let context) where !context.codingPath.isEmpty:
            "'\(path(context))' has a value that is not allowed"
        default: "it is not JSON"
        }
    }
}

extension String {
    /// The name of a member as the wire spells it.
    fileprivate var snakeCase: String {
        reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
    }
}
