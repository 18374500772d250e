/// `/{tenant}/discovery/v2.0/keys`: the public halves of the signing keys.
struct KeySet {
    let keys: [SigningKey]
    let login: String
    let isV1: Bool

    func reply(_ asked: TenantSegment) throws(AuthorityError) -> JSON {
        let tenant: String
        switch asked {
        case .refused(let error): throw error
        case .shared: tenant = "{tenantid}"
        case .tenant(let known): tenant = known.id.text
        }
        let issuer = isV1 ? "https://sts.windows.net/\(tenant)/" : "\(login)/\(tenant)/v2.0"
        return ["keys": .array(keys.map { $0.jwk(issuer: issuer) })]
    }
}
