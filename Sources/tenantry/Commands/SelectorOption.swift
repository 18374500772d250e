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
          ring=canary  plan!=trial    a tag's value; the second also holds for tenants without the tag
          plan=gold|silver            one of several values
          ring  !ring                 the tag is there, with any value; is not there
          state=granted               where the tenant stands with the app, as in `tenantry consent status`
          who_must_act=customer_admin whose move it is
          tenant.state=active         active, paused or quarantined
          cloud=public  group=NAME    the cloud; a saved group, see `tenantry group`
          name~contoso  text~contoso  the name contains it; the name or the domain does
          tag:state=x                 a tag whose name is one of the words above
        Values with commas, bars, spaces or quotes stand in double quotes.
        """
}

/// The query part of an address, from what is there of it.
func query(_ parameters: [(name: String, value: String?)]) -> String {
    let pairs = parameters.compactMap { name, value in value.map { "\(name)=\($0.escaped)" } }
    return pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&")
}
