package import FoundationEssentials

/// The keys that seal what is stored, in their file, and the rows they seal.
///
/// A rotation is made of small steps, each durable before the next: a new first line in the key file; the database
/// knows that key, and everything new is sealed with it; row after row is sealed anew; the old key has ended; its line
/// goes. What there is tells which step comes next, so a rotation that was interrupted anywhere goes on.
package protocol SealingStore: Sendable {
    func status() async throws(SealingError) -> SealingStatus

    /// Makes a new key and seals with it from now on. When this returns, file and database know it.
    ///
    /// - Throws: `rotating` while an earlier rotation has not ended; `keyFile` when the file cannot be replaced. Nothing
    ///   was changed then.
    func rotate(by actor: Actor, at now: Date) async throws(SealingError)

    /// Takes one step of a rotation: puts a first line to use that somebody has written into the key file, seals some
    /// rows anew, or ends what is done.
    ///
    /// - Returns: whether there may be more to do.
    /// - Throws: `keyFile` when all is done but for lines that cannot be taken out of the file.
    func proceed(at now: Date) async throws(SealingError) -> Bool
}
