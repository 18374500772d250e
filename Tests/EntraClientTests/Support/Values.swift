import Foundation
import Synchronization
import Tenancy

/// The same number gives the same identifier.
func guid(_ number: Int) -> GUID {
    let digits = String(number, radix: 16)
    let text = "00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    guard let guid = GUID(text) else { preconditionFailure("\(text) is no GUID") }
    return guid
}

func tenantID(_ number: Int) -> TenantID { TenantID(guid(number)) }

func resource(_ text: String) -> Resource {
    guard let resource = Resource(text) else { preconditionFailure("\(text) is no resource") }
    return resource
}

let graph = resource("https://graph.microsoft.com")
let testTime = Date(timeIntervalSince1970: 1_800_000_000)

extension TokenKey {
    static let sample = TokenKey(cloud: .public, tenant: tenantID(1), clientID: ClientID(guid(9)), resource: graph)
}

extension WallClock {
    static let standing = WallClock { testTime }
}

extension Randomness {
    /// Bytes that count up, so that no two calls give the same.
    static func counting() -> Randomness {
        let counter = Counter()
        return Randomness { count in (0..<count).map { _ in counter.next() } }
    }
}

private final class Counter: Sendable {
    private let value = Mutex<UInt8>(0)

    func next() -> UInt8 {
        value.withLock { value in
            value &+= 1
            return value
        }
    }
}
