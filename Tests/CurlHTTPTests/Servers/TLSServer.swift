import Glibc

/// nginx with one TLS listener for HTTP/2 and HTTP/1.1. Its answer names the protocol, and the number of the connection
/// in the header `Connection-Number`.
final class TLSServer: Sendable {
    let port: UInt16
    private let folder: TemporaryFolder
    private let program: Program

    /// - Parameters:
    ///   - certificate: the name under which `authority` issued it.
    ///   - settings: further nginx settings for the server.
    init(_ authority: TestAuthority, certificate: String = "server", settings: String = "") throws {
        folder = try TemporaryFolder()
        let socket = try ListeningSocket()
        port = socket.port
        let configuration = """
            daemon off; worker_processes 1; pid \(folder.file("pid")); error_log \(folder.file("error.log"));
            events { worker_connections 2048; }
            http {
                access_log off; root \(folder.path);
                client_body_temp_path \(folder.file("body")); proxy_temp_path \(folder.file("proxy"));
                fastcgi_temp_path \(folder.file("fastcgi")); scgi_temp_path \(folder.file("scgi"));
                uwsgi_temp_path \(folder.file("uwsgi"));
                server {
                    listen 127.0.0.1:\(port) ssl http2;
                    ssl_certificate \(authority.folder.file("\(certificate).pem"));
                    ssl_certificate_key \(authority.folder.file("\(certificate).key"));
                    \(settings)
                    location / { add_header Connection-Number $connection; return 200 "$server_protocol"; }
                    location /padded { return 200 "\(String(repeating: "x", count: 1500))"; }
                }
            }
            """
        let file = try folder.write(configuration, to: "nginx.conf")
        // nginx takes over the listening socket named in NGINX, as in its live upgrades: no port can be lost to
        // someone else, and connections queue from this moment on, so nothing has to wait for nginx to be ready.
        // (Not with `master_process off`: nginx 1.22 then crashes.)
        program = try Program(
            ["nginx", "-p", folder.path, "-e", folder.file("error.log"), "-c", file],
            environment: ["PATH=/usr/sbin:/usr/bin", "NGINX=9;"], inheriting: socket.descriptor)
        close(socket.descriptor)
    }

    deinit {
        program.terminate()
    }

    func url(host: String = "localhost", _ path: String = "/") -> String { "https://\(host):\(port)\(path)" }
}
