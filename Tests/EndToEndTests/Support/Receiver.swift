import FoundationEssentials

/// A customer-like receiver of webhooks: TLS with an authority of its own, checking every message as it should.
///
/// Where the Python of the foreign clients has `standardwebhooks`, that checks; else a second reading of the
/// specification in a few lines does.
struct Receiver {
    let process: BackgroundProcess
    let url: String
    /// Lines of JSON: the id, whether the signature held, the payload, what was answered.
    private let log: String

    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    private static let script = """
        import base64, hashlib, hmac, http.server, json, ssl, sys, time
        certificate, key, secret, answers = sys.argv[1:5]
        answers = [int(word) for word in answers.split(",")]
        try:
            from standardwebhooks import Webhook
            check, checker = (lambda body, headers: Webhook(secret).verify(body, headers)), "standardwebhooks"
        except ImportError:
            checker = "by hand"
            def check(body, headers):
                signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
                code = hmac.new(base64.b64decode(secret[6:]), signed, hashlib.sha256).digest()
                assert "v1," + base64.b64encode(code).decode() in headers["webhook-signature"].split(" ")
                assert abs(time.time() - int(headers["webhook-timestamp"])) < 300

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                try:
                    check(body, headers)
                    good = True
                except Exception:
                    good = False
                status = answers.pop(0) if len(answers) > 1 else answers[0]
                line = {"id": headers.get("webhook-id"), "good": good, "status": status, "checker": checker,
                        "payload": json.loads(body)}
                print(json.dumps(line), flush=True)
                self.send_response(status)
                if status == 307:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "4")
                self.end_headers()
                self.wfile.write(b"ok\\x07\\n")
            def log_message(self, *words):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """

    /// Starts it, with an authority that `journey.directory/receiver.pem` holds.
    ///
    /// - Parameter answers: the statuses, one a message; the last one for all that follow.
    static func start(_ journey: Journey, answering answers: [Int] = [200]) async throws -> Receiver {
        try await journey.openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "receiver.key",
            "-out", "receiver.pem", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2")
        let log = journey.directory + "/receiver.log"
        let process = try await BackgroundProcess.start(
            Binaries.python ?? "python3",
            [
                "-c", script, journey.directory + "/receiver.pem", journey.directory + "/receiver.key", secret,
                answers.map(String.init).joined(separator: ","),
            ], log: log)
        journey.own(process)
        return Receiver(process: process, url: "https://localhost:\(process.announcement)/hooks", log: log)
    }

    /// What has come so far.
    func messages() throws -> [JSON] {
        let text = String(decoding: try Data(contentsOf: URL(filePath: log)), as: UTF8.self)
        return try text.split(separator: "\n").filter { $0.hasPrefix("{") }.map { try JSON(parsing: String($0)) }
    }

    /// Waits until so many messages have come.
    func messages(_ count: Int) async throws -> [JSON] {
        let deadline = ContinuousClock.now + .seconds(40)
        while true {
            let messages = try messages()
            if messages.count >= count || ContinuousClock.now >= deadline { return messages }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
