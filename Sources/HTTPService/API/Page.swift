import FoundationEssentials
import HTTPTypes
import Hummingbird
import Tenancy

/// The window of a list that a request asks for: `cursor` and `limit`.
struct PageRequest {
    /// The last tenant of the page before; `nil` for the first page.
    let after: TenantID?
    let limit: Int

    init(_ request: Request) throws(RequestError) {
        limit = try request.number("limit", in: 1...1_000) ?? 100
        guard let cursor = request.uri.queryParameters["cursor"] else {
            after = nil
            return
        }
        guard let bytes = Base64URL.decode(cursor), let id = TenantID(String(decoding: bytes, as: UTF8.self)) else {
            throw .parameter("cursor", rule: "the `next_cursor` of the page before, unchanged")
        }
        after = id
    }
}

/// The window of a list that is ordered by a rising number.
struct SequencePage {
    /// The last number of the page before; 0 for the first page.
    let after: Int64
    let limit: Int

    init(_ request: Request) throws(RequestError) {
        limit = try request.number("limit", in: 1...1_000) ?? 100
        guard let cursor = request.uri.queryParameters["cursor"] else {
            after = 0
            return
        }
        guard let bytes = Base64URL.decode(cursor), let number = Int64(String(decoding: bytes, as: UTF8.self)),
            number >= 0
        else { throw .parameter("cursor", rule: "the `next_cursor` of the page before, unchanged") }
        after = number
    }

    /// Where the next page begins; `nil` when this one was not full.
    func cursor(after last: Int64?, count: Int) -> String? {
        count < limit ? nil : last.map { Base64URL.encode(String($0).utf8) }
    }
}

/// One page of a list, with the cursor of the next one when there may be one.
struct Page<Element: Encodable>: Encodable {
    let items: [Element]
    let nextCursor: String?

    /// - Parameter last: the tenant of the last element when the page is full.
    init(_ items: [Element], last: TenantID?, request: PageRequest) {
        self.items = items
        nextCursor = items.count < request.limit ? nil : last.map { Base64URL.encode($0.description.utf8) }
    }

    /// - Parameter cursor: of the next page; `nil` when this is the last.
    init(_ items: [Element], cursor: String?) {
        self.items = items
        nextCursor = cursor
    }

    /// The reply, with the next page as a link too.
    func response(to request: Request) throws -> Response {
        var response = try JSONBody.response(self)
        if let nextCursor {
            let kept = request.uri.queryParameters.filter { $0.key != "cursor" }.map {
                (String($0.key), String($0.value))
            }
            let query = PercentEncoding.form(kept + [("cursor", nextCursor)])
            if let link = HTTPField.Name("Link") {
                response.headers[link] = "<\(request.uri.path)?\(query)>; rel=\"next\""
            }
        }
        return response
    }
}

extension Request {
    func parameter(_ name: Substring) -> String? { uri.queryParameters[name].map { String($0) } }

    /// `true` or `false`; `false` when the parameter is absent.
    func flag(_ name: Substring) throws(RequestError) -> Bool {
        switch parameter(name) {
        case nil, "false": return false
        case "true": return true
        default: throw .parameter(String(name), rule: "true or false")
        }
    }

    /// A whole number in that range; `nil` when the parameter is absent.
    func number(_ name: Substring, in range: ClosedRange<Int>) throws(RequestError) -> Int? {
        guard let text = uri.queryParameters[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .parameter(String(name), rule: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
