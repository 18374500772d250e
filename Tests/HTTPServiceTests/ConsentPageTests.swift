import CurlHTTP
import Foundation
import Tenancy
import Testing

@Suite("Consent pages")
struct ConsentPageTests {
    /// A house in which tenant number 1 has been sent a link.
    private func withLink(_ body: @Sendable (House, Link) async throws -> Void) async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addTenants(1...1)
            try await body(house, try await house.makeLink())
        }
    }

    @Test("The page says who asks, for what and why, until when, and leads to Microsoft")
    func invitation() async throws {
        try await withLink { house, link in
            let page = try await house.pages.get(link.page)
            #expect(page.status == 200)
            #expect(page.header("Content-Type") == "text/html; charset=utf-8")
            let said = [
                "CRM Sync", "Customer 1", "\(guid(1))", "User.Read.All", "To know who works for you.", "Group.Read.All",
                "2027-01-22", "Global Administrator", "Continue to Microsoft",
            ]
            for text in said { #expect(page.text.contains(text), "\(text)") }
            let href = link.adminConsentURL.replacing("&", with: "&amp;")
            #expect(page.text.contains("href=\"\(href)\"") || page.text.contains("href=\"\(link.adminConsentURL)\""))
            #expect(!page.text.contains("http-equiv"))
            #expect(!page.text.contains("<script"))
        }
    }

    @Test("Hostile names are shown as text")
    func escaped() async throws {
        try await withHouse { house in
            let hostile = #"\"><script>alert(1)</script>'&"#
            let app = House.appBody.replacing("CRM Sync", with: hostile)
                .replacing("To know who works for you.", with: "<img src=x onerror=alert(2)>")
            try #require(try await house.socket.post("/v1/apps", app).status == 201)
            let tenant = try await house.socket.post(
                "/v1/tenants", #"{"tenant":"\#(guid(1))","name":"<b>{{title}}</b>"}"#)
            try #require(tenant.status == 201)
            let link = try await house.makeLink()
            for query in [nil, "error=access_denied"] {
                if let query { _ = try await house.answer(link, query) }
                let page = try await house.pages.get(link.page)
                for markup in ["<script", "<img", "<b>", "\"><"] { #expect(!page.text.contains(markup), "\(markup)") }
                #expect(page.text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
            }
        }
    }

    @Test("Looking at the page uses nothing up, however often and by whatever method")
    func previews() async throws {
        try await withLink { house, link in
            let first = try await house.pages.get(link.page)
            for _ in 1...5 {
                let again = try await house.pages.get(link.page)
                #expect(again.text == first.text)
            }
            let head = try await house.pages.send(.head, link.page)
            #expect(head.status == 200)
            #expect(head.bytes.isEmpty)
            let answer = try await house.answer(link, House.approval)
            #expect(answer.status == 303)
        }
    }

    @Test("The answer leads back to the link's own page, and the state leaves the address bar")
    func callback() async throws {
        try await withLink { house, link in
            let reply = try await house.answer(link, House.approval)
            #expect(reply.status == 303)
            #expect(reply.header("Location") == link.page)
            #expect(reply.header("Referrer-Policy") == "no-referrer")
            #expect(reply.header("Cache-Control") == "no-store")
            #expect(!reply.text.contains(link.state))
            let again = try await house.answer(link, "error=access_denied")
            #expect(again.status == 303)
            #expect(again.header("Location") == link.page)
            let status = try await house.socket.get("/v1/tenants/\(guid(1))/consent")
            #expect(status.json["state"].string == "claimed")
        }
    }

    @Test(
        "An answer that is none, or that we never asked for, changes nothing",
        arguments: [
            "", "admin_consent=True", "state=", "state=unknown&admin_consent=True&tenant=\(guid(1))",
            "state=%zz&admin_consent=True", "state=a&state=b&admin_consent=True",
            "state=%3Cscript%3E&error=%3Cscript%3E",
        ])
    func noAnswer(_ query: String) async throws {
        try await withLink { house, link in
            let reply = try await house.pages.get("/consent/callback?\(query)")
            #expect(reply.status == 400)
            #expect(reply.text.contains("This answer cannot be used"))
            #expect(!reply.text.contains("<script"))
            let page = try await house.pages.get(link.page)
            #expect(page.text.contains("Continue to Microsoft"))
        }
    }

    @Test("An answered page waits by itself, and is done when the proof is there")
    func granted() async throws {
        try await withLink { house, link in
            _ = try await house.answer(link, House.approval)
            let waiting = try await house.pages.get(link.page)
            #expect(waiting.status == 200)
            #expect(waiting.text.contains("Almost there"))
            #expect(waiting.text.contains(#"<meta http-equiv="refresh" content="5">"#))
            try await house.prove(1)
            let done = try await house.pages.get(link.page)
            #expect(done.text.contains("Done. Thank you"))
            #expect(done.text.contains("CRM Sync can now work for Customer 1."))
            #expect(!done.text.contains("http-equiv"))
            #expect(!done.text.contains(link.state))
        }
    }

    @Test("A delay at Microsoft's looks like the wait that it is")
    func delayed() async throws {
        try await withLink { house, link in
            _ = try await house.answer(link, "error=server_error&error_description=AADSTS650051%3A+later")
            let page = try await house.pages.get(link.page)
            #expect(page.text.contains("Almost there"))
            #expect(page.text.contains("http-equiv"))
        }
    }

    @Test("Proof that lacks a role says that permissions are missing, and which")
    func narrowed() async throws {
        try await withLink { house, link in
            _ = try await house.answer(link, House.approval)
            house.entra.grant(["User.Read.All"])
            for pause in Patience.pauses + [1_000] {
                try await house.prove(1)
                house.clock.advance(by: pause)
            }
            let page = try await house.pages.get(link.page)
            #expect(page.text.contains("Some permissions are missing"))
            #expect(page.text.contains("Group.Read.All"))
            #expect(!page.text.contains("http-equiv"))
        }
    }

    @Test(
        "A link that was answered otherwise says so, and can still be accepted",
        arguments: [
            ("error=access_denied&error_description=AADSTS65004%3A+User+declined", "The last answer was no"),
            ("error=access_denied&admin_consent=True&tenant=\(guid(1))", "The last answer was no"),
            ("error=access_denied&error_subcode=cancel", "Your request was sent to the administrators"),
            ("error=server_error&error_description=AADSTS90094", "Microsoft could not record the last answer"),
            ("admin_consent=True&tenant=\(guid(2))", "came for a different organisation"),
            ("admin_consent=True&tenant=nonsense", "came for a different organisation"),
        ])
    func otherAnswers(_ query: String, _ notice: String) async throws {
        try await withLink { house, link in
            let answer = try await house.answer(link, query)
            #expect(answer.status == 303)
            let page = try await house.pages.get(link.page)
            #expect(page.status == 200)
            #expect(page.text.contains(notice))
            #expect(page.text.contains("Continue to Microsoft"))
            #expect(!page.text.contains("http-equiv"))
            _ = try await house.answer(link, House.approval)
            #expect(try await house.pages.get(link.page).text.contains("Almost there"))
        }
    }

    @Test("An expired link says so, and its answer comes too late")
    func expired() async throws {
        try await withLink { house, link in
            house.clock.advance(by: 7 * 86_400 - 1)
            let open = try await house.pages.get(link.page)
            #expect(open.text.contains("Continue to Microsoft"))
            house.clock.advance(by: 1)
            let page = try await house.pages.get(link.page)
            #expect(page.text.contains("This link has expired"))
            #expect(!page.text.contains(link.state))
            let answer = try await house.answer(link, House.approval)
            #expect(answer.status == 410)
            #expect(answer.text.contains("This link has expired"))
            let status = try await house.socket.get("/v1/tenants/\(guid(1))/consent")
            #expect(status.json["state"].string == "invited")
        }
    }

    @Test("A decline after a proof takes nothing back, and the page does not say that it did")
    func declineAfterProof() async throws {
        try await withLink { house, link in
            try await house.prove(1)
            _ = try await house.answer(link, "error=access_denied")
            let status = try await house.socket.get("/v1/tenants/\(guid(1))/consent")
            #expect(status.json["state"].string == "granted")
            let page = try await house.pages.get(link.page)
            #expect(!page.text.contains("has been given nothing"))
        }
    }

    @Test("A link that was never made is not found", arguments: ["x", String(repeating: "0", count: 32), "%2e%2e"])
    func unknown(_ id: String) async throws {
        try await withHouse { house in
            let page = try await house.pages.get("/connect/\(id)")
            #expect(page.status == 404)
            #expect(page.text.contains("This link is not valid"))
        }
    }

    @Test("The page can be forwarded: it holds its own address and a text to send with it")
    func forwarded() async throws {
        try await withLink { house, link in
            let page = try await house.pages.get(link.page)
            #expect(page.text.contains("Forward it to an administrator"))
            #expect(page.text.contains("\(House.publicURL)\(link.page)"))
        }
    }

    @Test("A link that was taken back says so, and its answer changes nothing")
    func cancelled() async throws {
        try await withLink { house, link in
            let id = try #require(link.page.split(separator: "/").last)
            let reply = try await house.socket.post("/v1/consent-links/\(id)/cancel", "{}")
            #expect(reply.status == 200 && reply.json["state"].string == "cancelled")
            #expect(try await house.pages.get(link.page).text.contains("This link was taken back"))
            _ = try await house.answer(link, House.approval)
            let status = try await house.socket.get("/v1/tenants/\(guid(1))/consent")
            #expect(status.json["state"].string == "none")
            let again = try await house.socket.post("/v1/consent-links/\(id)/cancel", "{}")
            #expect(again.status == 409 && again.code == "link_not_open")
        }
    }

    @Test("A tenant that granted an earlier release is not told that it is done before the new one is proven")
    func earlierProof() async throws {
        try await withHouse { house in
            try await house.addGrantedTenant()
            let link = try await house.makeLink()
            _ = try await house.answer(link, House.approval)
            #expect(try await house.pages.get(link.page).text.contains("Almost there"))
            try await house.prove(1)
            #expect(try await house.pages.get(link.page).text.contains("Done. Thank you"))
        }
    }
}
