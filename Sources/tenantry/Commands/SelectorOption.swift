import ArgumentParser
import Tenancy

/// Whom a command means, when it can mean several tenants.
struct SelectorOption: ParsableArguments {
    @Option(
        name: [.customShort("l"), .long],
        help: "Tenants that fulfil all of it: ring=canary,plan!=trial (see `tenantry tenant list --help`).")
    var selector: String?

    /// The whole grammar, for help texts.
    static let grammar = """
        A selector is a list of terms, separated by commas, that must all hold:
          ring=canary          the tag has that value
          plan=gold|silver     one of several values
          plan!=trial          another value, or the tag is not there
          ring  !ring          the tag is there, with any value; is not there
          state=granted        where it stands, as in `tenantry consent status`
          who_must_act=you     whose move it is: you, customer_admin, microsoft
          tenant.state=active  active, paused or quarantined
          cloud=public         the cloud
          group=NAME           a saved group, see `tenantry group`
          name~contoso         the name contains it
          text~contoso         the name or the domain does
          tag:state=x          a tag whose name is one of the words above
        Values with commas, bars, spaces or quotes stand in double quotes.
        """
}

/// The query part of an address, from what is there of it.
func query(_ parameters: [(name: String, value: String?)]) -> String {
    let pairs = parameters.compactMap { name, value in value.map { "\(name)=\($0.escaped)" } }
    return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
}
