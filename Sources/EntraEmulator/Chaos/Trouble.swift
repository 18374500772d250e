/// The share of requests that fail although nothing is wrong with them.
package struct Trouble: Sendable {
    static let members: Set<String> = ["trouble", "consent_trouble"]

    /// Of requests for tokens and to Graph, from 0 to 1.
    package var share: Double
    /// Of pages that administrators see.
    package var consentShare: Double

    package init(share: Double = 0, consentShare: Double = 0) {
        self.share = share
        self.consentShare = consentShare
    }

    /// Takes what a scenario or the control plane says.
    mutating func read(_ shape: JSONShape) throws(ShapeError) {
        if let share = try shape.share("trouble") { self.share = share }
        if let share = try shape.share("consent_trouble") { consentShare = share }
    }

    func share(of endpoint: RequestHistory.Endpoint) -> Double {
        switch endpoint {
        case .token, .graph: share
        case .consent, .signIn: consentShare
        case .discovery, .device, .other: 0
        }
    }

    var json: JSON { ["trouble": .number(share), "consent_trouble": .number(consentShare)] }
}
