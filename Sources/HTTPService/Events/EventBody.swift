import FoundationEssentials
import Tenancy

/// An ``Event`` as replies, streams and commands show it.
struct EventBody: Encodable {
    let sequence: Int64
    let at: Date
    let type: String
    let tenant: String?
    let app: String?
    let actor: String
    let data: JSONValue

    init(_ event: Event) {
        sequence = event.sequence
        at = event.at
        type = event.type
        tenant = event.tenant?.description
        app = event.app?.description
        actor = event.actor
        data = event.data
    }
}
