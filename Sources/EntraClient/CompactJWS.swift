import FoundationEssentials
import Tenancy

/// A JSON Web Signature in its compact form, taken apart and not yet verified (RFC 7515 section 7.1).
struct CompactJWS {
    /// Claims of identity take some hundred bytes, with two hundred groups some thousand.
    static let limit = 32 * 1024

    let algorithm: String?
    let keyID: String?
    /// What the signature is of.
    let signedBytes: [UInt8]
    let signature: [UInt8]
    /// To be read only once the signature is verified.
    let unverifiedPayload: [UInt8]

    /// `nil` for anything but three parts in the one spelling that Base64URL has for their bytes, the first of them an
    /// object without `crit`, whose extensions nobody here would understand.
    init?(_ text: String) {
        guard text.utf8.count <= Self.limit else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let head = Self.bytes(parts[0]), let payload = Self.bytes(parts[1]),
            let signature = Self.bytes(parts[2]), let header = StrictJSON.object(head), header["crit"] == nil
        else { return nil }
        algorithm = header["alg"]?.text
        keyID = header["kid"]?.text
        signedBytes = Array("\(parts[0]).\(parts[1])".utf8)
        self.signature = signature
        unverifiedPayload = payload
    }

    private static func bytes(_ part: Substring) -> [UInt8]? {
        guard let data = Base64URL.decode(part), Base64URL.encode(data) == part else { return nil }
        return [UInt8](data)
    }
}
