import CurlHTTP
import Foundation
import Tenancy
import Testing

@Suite("Sign-in of an administrator")
struct SignInPageTests {
    /// A house whose app requires the sign-in, after a yes; gives the sign-in's state and the browser's cookie.
    private func afterYes(
        _ body: @Sendable (House, Link, _ state: String, _ cookie: String) async throws -> Void
    ) async throws {
        try await withHouse { house in
            try await house.addApp()
            try await house.addTenants(1...1)
            let set = try await house.socket.send(
                .patch, "/v1/apps/crm", body: Array(#"{"administrator_sign_in":"required"}"#.utf8))
            try #require(set.status == 200 && set.json["administrator_sign_in"].string == "required")
            let link = try await house.makeLink()
            _ = try await house.answer(link, House.approval)
            let page = try await house.pages.get(link.page)
            #expect(page.text.contains("One more step"))
            let state = try #require(page.text.firstMatch(of: /authorize\?state=([A-Za-z0-9._-]+)/)).1
            let cookie = try #require(page.header("Set-Cookie"))
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"))
            try await body(house, link, String(state), String(cookie.prefix { $0 != ";" }))
        }
    }

    private func back(_ house: House, _ query: String, _ cookie: String?) async throws -> Reply {
        try await house.pages.send(
            .get, "/consent/callback?\(query)", cookie.map { [("Cookie", "other=1; \($0)")] } ?? [])
    }

    private func status(_ house: House) async throws -> JSONValue {
        _ = try await house.socket.post("/v1/tenants/\(guid(1))/verify", "{}")
        return try await house.socket.get("/v1/tenants/\(guid(1))/consent").json
    }

    private func evidence(_ status: JSONValue) -> JSONValue? {
        status["evidence"].elements.first { $0["check"].string == "administrator" }
    }

    @Test("Without it the consent does not count, however whole it is")
    func missing() async throws {
        try await afterYes { house, _, _, _ in
            let status = try await status(house)
            #expect(status["state"].string != "granted")
            #expect(status["note"]["code"].string == "administrator_missing")
            #expect(status["who_must_act"].string != nil)
        }
    }

    @Test(
        "By an administrator it makes the consent count, and is told in the evidence",
        arguments: ["administrator", "unknown"])
    func counts(_ code: String) async throws {
        try await afterYes { house, link, state, cookie in
            let reply = try await back(house, "code=\(code)&state=\(state)", cookie)
            #expect(reply.status == 303 && reply.header("Location") == link.page)
            let status = try await status(house)
            #expect(status["state"].string == "granted")
            #expect(evidence(status)?["passed"] == .bool(true))
            #expect(evidence(status)?["saw"].string?.contains("does not tell") == (code == "unknown"))
            #expect(try await house.pages.get(link.page).text.contains("Done. Thank you"))
        }
    }

    @Test(
        "By an account without the role, or refused, it does not count, and can be repeated",
        arguments: ["code=user", "code=stolen", "error=access_denied"])
    func refused(_ query: String) async throws {
        try await afterYes { house, link, state, cookie in
            #expect(try await back(house, "\(query)&state=\(state)", cookie).status == 303)
            let first = try await status(house)
            #expect(first["state"].string != "granted")
            #expect(evidence(first)?["passed"] == .bool(false))
            #expect(try await house.pages.get(link.page).text.contains("The last sign-in did not count"))
            _ = try await back(house, "code=administrator&state=\(state)", cookie)
            #expect(try await status(house)["state"].string == "granted")
        }
    }

    @Test("Begun by another browser, or with a state that is not ours, it counts for nothing")
    func forged() async throws {
        try await afterYes { house, link, state, cookie in
            for foreign in [nil, "tenantry_sign_in_guess=guess", cookie + "x"] {
                let reply = try await back(house, "code=administrator&state=\(state)", foreign)
                #expect(reply.status == 403)
            }
            for wrong in [
                state + "x", String(state.dropLast()), "x" + state, "\(state.prefix { $0 != "." }).guess", link.state,
            ] {
                let reply = try await back(house, "code=administrator&state=\(wrong)", cookie)
                #expect(reply.status == 400)
            }
            let after = try await status(house)
            #expect(after["state"].string != "granted")
        }
    }

    @Test("Before a yes there is nothing to sign in for")
    func early() async throws {
        try await afterYes { house, _, _, cookie in
            let link = try await house.makeLink()
            let page = try await house.pages.get(link.page)
            #expect(page.header("Set-Cookie") == nil && page.text.contains("Continue to Microsoft"))
            let id = try #require(link.page.split(separator: "/").last)
            #expect(try await back(house, "code=administrator&state=\(id).guess", cookie).status == 400)
        }
    }
}
