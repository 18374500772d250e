import CurlHTTP
import Testing

@Suite("Public addresses")
struct PublicAddressTests {
    @Test(
        "Loopback, private, link-local, shared, documentation, multicast and reserved addresses are not public",
        arguments: [
            "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1",
            "127.255.255.254", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.170", "192.0.2.1",
            "192.88.99.1", "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.7",
            "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
            "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:a9fe:a9fe", "::127.0.0.1", "::8.8.8.8",
            "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1", "100::1", "fc00::1", "fd12:3456::1", "fe80::1",
            "fe80::1%lo", "fec0::1", "ff02::1", "2001::1", "2001:0:53aa:64c:0:0:0:1", "2001:10::1", "2001:1ff::1",
            "2001:db8::1", "2002:7f00:1::1", "2002:808:808::1", "3fff::1", "4000::1", "5f00::1",
        ])
    func closed(_ address: String) { #expect(PublicAddress.isPublic(address) == false) }

    @Test(
        "The rest is",
        arguments: [
            "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "126.255.255.255",
            "128.0.0.1", "169.253.255.255", "169.255.0.1", "172.15.255.255", "172.32.0.1", "192.0.1.1",
            "192.167.255.255", "192.169.0.1", "198.17.255.255", "198.20.0.1", "223.255.255.255", "2001:200::1",
            "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450::1", "3ffe::1",
        ])
    func open(_ address: String) { #expect(PublicAddress.isPublic(address) == true) }

    @Test("A name is no address", arguments: ["example.com", "", "localhost", "1.2.3", "[::1]"])
    func names(_ text: String) { #expect(PublicAddress.isPublic(text) == nil) }
}

@Suite("A client for the public Internet", .timeLimit(.minutes(1)))
struct PublicOnlyTests {
    @Test(
        "reaches no server of this machine, whatever it is called, and opens no socket to it",
        arguments: [
            "https://localhost", "https://127.0.0.1", "https://127.1", "https://[::1]", "https://0x7f000001",
            "https://[::ffff:127.0.0.1]", "https://2130706433",
        ])
    func refuses(_ base: String) async throws {
        let authority = try TestAuthority()
        try authority.issue("server")
        let server = try TLSServer(authority)
        let client = try CurlClient(
            CurlClient.Configuration(extraCAFile: authority.file, reachesPublicAddressesOnly: true))
        await #expect {
            try await client.send(CurlRequest(url: "\(base):\(server.port)/"))
        } throws: { error in
            guard case .addressNotPublic = error as? CurlError else { return false }
            return true
        }
        await client.shutdown()
    }
}

@Suite("Bodies that come piece by piece", .timeLimit(.minutes(1)))
struct PiecesTests {
    @Test("go to whoever takes them, beyond every limit, and not into the response")
    func pieces() async throws {
        let authority = try TestAuthority()
        try authority.issue("server")
        let server = try TLSServer(authority)
        let client = try CurlClient(CurlClient.Configuration(extraCAFile: authority.file))
        let (pieces, arrival) = AsyncStream.makeStream(of: [UInt8].self)
        let response = try await client.send(
            CurlRequest(url: server.url("/padded"), maxResponseBytes: 10, onBody: { arrival.yield($0) }))
        arrival.finish()
        var count = 0
        for await piece in pieces { count += piece.count }
        #expect(response.status == 200 && response.body.isEmpty && count == 1_500)
        await client.shutdown()
    }
}
