import FoundationEssentials

/// What ties one reply to the service's logs: printed in every error, sent in headers.
struct Correlation: Sendable {
    /// Equals the `x-ms-request-id` header.
    let traceID: GUID
    let correlationID: GUID
    let now: Date
    /// The client's own identifier, present only when it asked for it back.
    private let echo: String?

    /// MSAL Node sends the identifiers as form fields, all others as headers.
    init(_ incoming: Incoming, form: FormFields, now: Date, randomness: Randomness) {
        let given = incoming.header("client-request-id") ?? form["client-request-id"]
        let wantsEcho = incoming.header("return-client-request-id")?.lowercased() == "true"
        traceID = randomness.guid()
        correlationID = given.flatMap { GUID($0) } ?? randomness.guid()
        echo = wantsEcho ? given : nil
        self.now = now
    }

    /// Headers on every reply of the login authority.
    var headers: [(name: String, value: String)] {
        let fixed = [
            ("x-ms-request-id", traceID.text), ("x-ms-ests-server", "2.1.0 - emulator"),
            ("Strict-Transport-Security", "max-age=31536000; includeSubDomains"),
            ("X-Content-Type-Options", "nosniff"), ("P3P", "CP=\"DSP CUR OTPi IND OTRi ONL FIN\""),
        ]
        return fixed + (echo.map { [("client-request-id", $0)] } ?? [])
    }
}
