/// The address a browser is sent to after a consent page.
struct ConsentCallback {
    let redirect: String
    let shapes: Set<Callback.Shape>
    let variation: CallbackVariation?

    func answer(_ fields: [(name: String, value: String)]) -> Answer {
        let separator = redirect.contains("?") ? "&" : "?"
        let query = spelt(fields).map { name, value in
            "\(name)=\(Percent.encode(value, likeURIs: shapes.contains(.upperHex)))"
        }.joined(separator: "&")
        let end = shapes.contains(.hashTail) ? "#_=_" : shapes.contains(.withoutHash) ? "" : "#"
        return Answer(
            status: 302,
            headers: [
                ("Location", "\(redirect)\(separator)\(query)\(end)"), ("Cache-Control", "no-store, no-cache"),
                ("Referrer-Policy", "no-referrer"),
            ])
    }

    private func spelt(_ plain: [(name: String, value: String)]) -> [(name: String, value: String)] {
        var fields = plain
        if shapes.contains(.withoutState) { fields.removeAll { $0.name == "state" } }
        fields = fields.map { name, value in
            switch name {
            case "state" where shapes.contains(.stateJunk): (name, "\(value)>. Thank you")
            case "admin_consent" where shapes.contains(.lowerCaseTrue): (name, value.lowercased())
            default: (name, value)
            }
        }
        if shapes.contains(.extraParameters) {
            fields += [("session_state", "0a1b2c3d"), ("empty", ""), ("x-future", "a&b=c d")]
        }
        // An order that was asked for is kept.
        if shapes.contains(.reversed) { return fields.reversed() }
        if shapes.contains(.v1Order) {
            let order = ["tenant", "state", "admin_consent", "scope"]
            return fields.filter { !order.contains($0.name) }
                + order.compactMap { name in fields.first { $0.name == name } }
        }
        return variation?.varied(fields) ?? fields
    }
}
