import EntraClient

extension CloudTable {
    /// The one cloud of an authority of one's own.
    ///
    /// - Throws: ``UsageError``, which says what is wrong.
    init(custom authority: String, graph: String) throws(UsageError) {
        if let table = CloudTable(authority: authority, graph: graph) {
            self = table
        } else if CloudTable.isForeign(authority) {
            throw UsageError(
                "The custom authority has a path, so it is none of Microsoft Entra ID, and no other OAuth 2.0 authority "
                    + "can be used.",
                "Give one of Entra ID, or a stand-in for it such as entra-emulator, as https://host[:port].")
        } else {
            throw UsageError(
                "The custom authority or Graph root cannot be used.", "Write both as https://host[:port].")
        }
    }
}
