import Tenancy

/// A ``Fault`` as replies show it.
struct FaultBody: Encodable {
    let code: String
    let detail: String
    let whoMustAct: String
    let aadsts: Int?
    let correlationId: String?
    let traceId: String?

    init(_ fault: Fault) {
        code = fault.code
        detail = fault.detail
        whoMustAct = fault.whoMustAct.rawValue
        aadsts = fault.trace?.aadsts
        correlationId = fault.trace?.correlationID
        traceId = fault.trace?.traceID
    }
}
