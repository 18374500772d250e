import FoundationEssentials

/// `addPassword`, `removePassword`, `addKey` and `removeKey` of an application.
struct ApplicationCredentials {
    let request: GraphRequest

    func respond(_ address: ApplicationAddress, action: String) throws(GraphError) -> Answer {
        let act: (ApplicationAddress) throws(GraphError) -> Answer
        switch action.split(separator: ".").last {
        case "addPassword": act = addPassword
        case "removePassword": act = removePassword
        case "addKey": act = addKey
        case "removeKey": act = removeKey
        default: throw .noSegment(action)
        }
        guard request.incoming.method == "POST" else { throw .wrongMethod }
        return try act(address)
    }

    /// The one reply that holds the secret's text.
    private func addPassword(_ address: ApplicationAddress) throws(GraphError) -> Answer {
        let body = try request.body("Application", known: ["passwordCredential"])
        let wanted = try body.object(
            "passwordCredential", type: "passwordCredential", known: ["displayName", "startDateTime", "endDateTime"])
        let starts = try wanted?.instant("startDateTime") ?? request.now
        let ends = try wanted?.instant("endDateTime") ?? Self.twoYears(after: starts)
        guard starts < ends, request.now < ends else { throw .badRequest("Password credential end date is invalid.") }
        let secret = PasswordCredential(
            keyID: request.service.randomness.guid(), value: Self.secretText(request.service.randomness),
            displayName: try wanted?.string("displayName"), starts: starts, expires: ends)
        try request.changeApplication(address) { app throws(GraphError) in
            app.secrets.append(Published(secret, appears: request.service.spread(from: request.now)))
        }
        return request.answer(
            200,
            try ODataQuery(FormFields()).value(
                ApplicationView.password(secret, withText: true), type: "passwordCredential", request))
    }

    private func removePassword(_ address: ApplicationAddress) throws(GraphError) -> Answer {
        let keyID = try request.body("Application", known: ["keyId"]).requiredGUID("keyId")
        try request.changeApplication(address) { app throws(GraphError) in
            guard app.secrets.remove(request.service.spread(from: request.now), where: { $0.keyID == keyID }) else {
                throw .badRequest("No password credential found with keyId.")
            }
        }
        return GraphRequest.noContent
    }

    private func addKey(_ address: ApplicationAddress) throws(GraphError) -> Answer {
        let body = try request.body("Application", known: ["keyCredential", "passwordCredential", "proof"])
        guard body.value("passwordCredential") == nil else { throw body.invalid("passwordCredential") }
        let wanted = try body.object("keyCredential", type: "keyCredential", known: KeyCredentialBody.members)
        guard let wanted else { throw body.missing("keyCredential") }
        let key = try KeyCredentialBody(wanted).credential(request.service.randomness.guid())
        try changeKeys(address, proof: try body.string("proof")) { app throws(GraphError) in
            guard !app.keys.registered().contains(where: { $0.keyID == key.keyID }) else {
                throw .badRequest("A key credential with KeyId '\(key.keyID.text)' exists already.")
            }
            app.keys.append(Published(key, appears: request.service.spread(from: request.now)))
        }
        return request.answer(
            200,
            try ODataQuery(FormFields()).value(
                ApplicationView.key(key, withKey: false), type: "keyCredential", request))
    }

    private func removeKey(_ address: ApplicationAddress) throws(GraphError) -> Answer {
        let body = try request.body("Application", known: ["keyId", "proof"])
        let keyID = try body.requiredGUID("keyId")
        try changeKeys(address, proof: try body.string("proof")) { app throws(GraphError) in
            guard app.keys.remove(request.service.spread(from: request.now), where: { $0.keyID == keyID }) else {
                throw .badRequest("No key credential found with keyId.")
            }
        }
        return GraphRequest.noContent
    }

    /// An application may change its own keys without any permission, given proof that it holds one of them.
    private func changeKeys(
        _ address: ApplicationAddress, proof: String?, _ change: (inout AppRegistration) throws(GraphError) -> Void
    ) throws(GraphError) {
        try request.change { directory throws(GraphError) in
            var app = try request.application(address, in: directory)
            if !request.caller.isItself(app) { try request.caller.requireChanging(ownedBy: app.owners) }
            try KeyProof(proof).verify(for: app, now: request.now)
            try change(&app)
            directory.put(app)
        }
    }

    private static func twoYears(after instant: Date) -> Date {
        instant.addingTimeInterval(2 * 365 * 86_400)
    }

    /// Forty characters in the look of real ones, which have a tilde after the fourth to sixth.
    private static func secretText(_ randomness: Randomness) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
        let characters = randomness.bytes(36).map { alphabet[Int($0) % alphabet.count] }
        return "\(String(characters[..<3]))8Q~\(String(characters[3..<20])).\(String(characters[20...]))"
    }
}
