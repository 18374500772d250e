/// Why something is not as it should be, as it is remembered for whoever must act: a connection that is not simply
/// granted, an item of a run that did not succeed, a rotation that came to a halt.
package struct Fault: Sendable, Equatable {
    /// Stable, for machines.
    package let code: String
    /// One sentence.
    package let detail: String
    package let whoMustAct: WhoMustAct
    package let trace: AuthorityTrace?

    package init(code: String, detail: String, whoMustAct: WhoMustAct, trace: AuthorityTrace? = nil) {
        self.code = code
        self.detail = detail
        self.whoMustAct = whoMustAct
        self.trace = trace
    }

    package init(_ problem: Problem) {
        self.init(code: problem.code, detail: problem.detail, whoMustAct: problem.whoMustAct, trace: problem.trace)
    }
}
