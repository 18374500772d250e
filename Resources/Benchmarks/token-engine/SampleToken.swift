import Foundation
import Tenancy

/// The text of a token as Entra makes them for daemons: about 1.4 KB, no two alike, the signature without meaning.
enum SampleToken {
    private static let header = Base64URL.encode(
        """
        {"typ":"JWT","nonce":"u5yTq3kGZ8hVbS1xN0mEoWcR7dLfJ2pKaQiXtB9sYgM","alg":"RS256",\
        "x5t":"PcX98GX420T1X6sBDkzhQmqgwMU","kid":"PcX98GX420T1X6sBDkzhQmqgwMU"}
        """.utf8)

    static func text(
        tenant: String, clientID: String, audience: String, issued: Date, lifetime: TimeInterval, serial: UInt64
    ) -> String {
        var random = SplitMix(state: serial)
        let issued = Int(issued.timeIntervalSince1970)
        let payload = """
            {"aud":"\(audience)","iss":"https://sts.windows.net/\(tenant)/","iat":\(issued),"nbf":\(issued),\
            "exp":\(issued + Int(lifetime)),"aio":"k2RgYFBqPn\(random.next())Ab5zQqAA==","app_displayname":"Fleet",\
            "appid":"\(clientID)","appidacr":"2","idp":"https://sts.windows.net/\(tenant)/","idtyp":"app",\
            "rh":"1.AXkAQ\(random.next()).","roles":["User.Read.All","Group.Read.All","Organization.Read.All"],\
            "tenant_region_scope":"EU","tid":"\(tenant)","uti":"\(random.next())","ver":"1.0",\
            "wids":["0997a1d0-0d1d-4acb-b408-d5ca73121e90"],"xms_tcdt":1588000000}
            """
        let signature = (0..<32).flatMap { _ in withUnsafeBytes(of: random.next(), Array.init) }
        return "\(header).\(Base64URL.encode(payload.utf8)).\(Base64URL.encode(signature))"
    }
}

/// Source: prng.di.unimi.it/splitmix64.c.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
