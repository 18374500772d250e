/// Trust in the tokens of another issuer for one subject (`federatedIdentityCredentials`).
struct FederatedCredential: Sendable {
    let id: GUID
    let name: String
    let issuer: String
    let subject: String
    let audience: String
    let description: String?

    /// The most one application can have (Microsoft: workload identity federation, considerations).
    static let limit = 20
}
