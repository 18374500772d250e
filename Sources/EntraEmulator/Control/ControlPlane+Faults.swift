import HTTPTypes
import Synchronization

/// Arming of faults.
extension ControlPlane {
    func armFault(_ body: JSON) throws(ControlError) -> Answer {
        do throws(ShapeError) {
            let shape = try JSONShape(
                body, at: "",
                known: [
                    "endpoint", "tenant", "method", "path_prefix", "skip", "count", "kind", "retry_after", "status",
                    "headers", "body",
                ])
            let endpoint = RequestHistory.Endpoint(rawValue: try shape.requiredString("endpoint"))
            guard let endpoint, endpoint != .other else {
                throw shape.error("endpoint", "must be token, discovery, consent, device, sign_in or graph")
            }
            let match = Fault.Match(
                endpoint: endpoint, tenant: try shape.string("tenant"), method: try shape.string("method"),
                pathPrefix: try shape.string("path_prefix"))
            let skip = try shape.integer("skip", in: 0...1_000_000) ?? 0
            let count = try shape.integer("count", in: 1...1_000_000) ?? 1
            let kind = try Self.kind(shape, endpoint: endpoint)
            let armed: Int? = service.faults.withLock { queue in
                guard queue.waiting.count < FaultQueue.limit else { return nil }
                return queue.arm(match, skip: skip, count: count, kind: kind)
            }
            guard let armed else {
                throw ShapeError(path: "", problem: "would be one fault too many; delete some first")
            }
            return .json(201, ["id": .integer(Int64(armed)), "remaining": .integer(Int64(count))])
        } catch {
            throw ControlError(error)
        }
    }

    private static func kind(
        _ shape: JSONShape, endpoint: RequestHistory.Endpoint
    ) throws(ShapeError) -> Fault.Kind {
        guard let name = try shape.string("kind") else { return try literal(shape) }
        if shape.has("status") { throw shape.error("status", "and 'kind' exclude each other") }
        switch name {
        case "throttle":
            return .throttle(retryAfter: try fieldValue(shape.string("retry_after"), place: "retry_after"))
        case "html_500": return .htmlError
        case "server_error": return .serverError
        case "gateway_timeout": return .gatewayTimeout
        case "close": return .close
        case "hang": return .hang
        case "garbage": return .garbage
        case "lost_reply": return .lostReply
        case "wrong_tenant_token" where endpoint == .token: return .wrongTenantToken
        case "wrong_tenant_token": throw shape.error("kind", "fits the token endpoint only")
        default:
            throw shape.error(
                "kind",
                "must be throttle, html_500, server_error, gateway_timeout, close, hang, wrong_tenant_token, garbage or "
                    + "lost_reply")
        }
    }

    private static func literal(_ shape: JSONShape) throws(ShapeError) -> Fault.Kind {
        guard let status = try shape.integer("status", in: 200...599) else {
            throw shape.error("kind", "is missing, and so is 'status'")
        }
        var headers: [(name: String, value: String)] = []
        if let value = shape.value("headers") {
            guard case .object(let members) = value else { throw shape.error("headers", "must be an object") }
            for member in members {
                guard HTTPField.Name(member.name) != nil else { throw shape.error("headers", "holds a bad name") }
                headers.append((member.name, try fieldValue(member.value.text, place: "headers.\(member.name)") ?? ""))
            }
        }
        var body = ""
        if let value = shape.value("body") {
            // A body may be given as JSON too, for convenience.
            body = value.text ?? String(decoding: value.bytes, as: UTF8.self)
        }
        return .literal(status: status, headers: headers, body: body)
    }

    /// Any text that can stand in a header; absurd values are welcome, line breaks are not.
    private static func fieldValue(_ text: String?, place: String) throws(ShapeError) -> String? {
        guard let text else { return nil }
        guard HTTPField.isValidValue(text) else {
            throw ShapeError(path: place, problem: "cannot stand in an HTTP header")
        }
        return text
    }
}
