import Foundation
import Tenancy
import Testing

@Suite("Where a tenant stands, explained")
struct TenantExplanationTests {
    private func explanation(
        _ state: ConnectionState, _ note: Fault? = nil, release: Int? = nil
    ) throws -> TenantExplanation {
        let app = App.sample()
        let connection = Connection(
            tenant: tenantID(1), app: app.name, state: state, since: ManualClock.start, release: release, note: note)
        let status = ConsentStatus(tenant: .sample(1), connection: connection, grants: [])
        return TenantExplanation(ConsentReportRow(status, release: .sample(of: app.name)), of: app)
    }

    @Test("has a meaning and a next step in every state, and a message exactly when it is the customer's move")
    func states() throws {
        for state in ConnectionState.allCases {
            let explanation = try explanation(state)
            #expect(explanation.state == state && explanation.since == ManualClock.start)
            #expect(explanation.meaning.hasSuffix(".") && explanation.nextStep.hasSuffix("."), "\(state)")
            #expect((explanation.customerMessage != nil) == (explanation.whoMustAct == .customerAdmin), "\(state)")
        }
        #expect(try explanation(.granted).nextStep == "Nothing to do.")
        #expect(try explanation(.none).nextStep.contains("tenantry consent link \(tenantID(1))"))
        #expect(try explanation(.conflict).nextStep.contains("dismiss-conflict"))
    }

    @Test("tells the authority's last code, its cure, and writes to the customer by name")
    func code() throws {
        let fault = Fault(
            code: "blocked_by_policy", detail: "Blocked.", whoMustAct: .customerAdmin,
            trace: AuthorityTrace(aadsts: 53_003))
        let explanation = try explanation(.unreachable, fault, release: 1)
        #expect(explanation.fault == fault && explanation.cause?.code == "AADSTS53003")
        #expect(explanation.nextStep == AuthorityCode.lookUp(53_003)?.remedy)
        let message = try #require(explanation.customerMessage)
        #expect(message.contains("CRM Sync cannot work for Customer 1 (customer1.example)"))
        #expect(message.contains("AADSTS53003") && message.contains("Conditional Access"))
    }

    @Test("does not send our own fault to the customer")
    func ours() throws {
        let fault = Fault(
            code: "consent_failed", detail: "x", whoMustAct: .you, trace: AuthorityTrace(aadsts: 650_057))
        let explanation = try explanation(.invited, fault)
        #expect(explanation.whoMustAct == .you && explanation.customerMessage == nil)
        #expect(explanation.nextStep == AuthorityCode.lookUp(650_057)?.remedy)
    }

    @Test("of an approval that waits for a sign-in or for a review asks for that")
    func waiting() throws {
        let confirm = Fault(code: "administrator_missing", detail: "x", whoMustAct: .customerAdmin)
        #expect(try explanation(.verifying, confirm).customerMessage == nil, "time may still cure it")
        let message = try #require(try explanation(.revoked, confirm).customerMessage)
        #expect(message.contains("sign in when it asks for it"))
        let review = Fault(code: "request_sent", detail: "x", whoMustAct: .customerAdmin)
        #expect(try #require(try explanation(.invited, review).customerMessage).contains("Admin consent requests"))
    }

    @Test("of a tenant that is put aside says how it goes on")
    func paused() throws {
        let (app, customer) = (App.sample(), Tenant.sample(1))
        let tenant = Tenant(
            id: customer.id, cloud: customer.cloud, name: customer.name, domain: customer.domain, tags: customer.tags,
            addedAt: customer.addedAt, state: .paused)
        let connection = Connection(
            tenant: tenant.id, app: app.name, state: .granted, since: ManualClock.start, release: 1)
        let row = ConsentReportRow(
            ConsentStatus(tenant: tenant, connection: connection, grants: []), release: .sample(of: app.name))
        #expect(TenantExplanation(row, of: app).nextStep.contains("tenantry tenant resume \(tenant.id)"))
    }

    @Test("of missing permissions asks for their approval, without a code")
    func narrowed() throws {
        let fault = Fault(code: "roles_missing", detail: "x", whoMustAct: .customerAdmin)
        let message = try #require(try explanation(.narrowed, fault, release: 1).customerMessage)
        #expect(message.contains("some of the permissions") && !message.contains("AADSTS"))
    }
}
