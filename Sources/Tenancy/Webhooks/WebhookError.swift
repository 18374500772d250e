/// Why something was not done with a webhook.
package enum WebhookError: ExplainedError, Equatable {
    case invalidURL
    case refusedURL(String)
    case invalidType(String)
    case tooManyTypes
    case invalidSecret
    case tooMany
    case disabled(WebhookID)
    case store(StoreError)

    package var problem: Problem {
        switch self {
        case .invalidURL:
            Problem(
                .invalid, code: "webhook_url_invalid", detail: "A webhook cannot be sent to that URL.",
                nextStep: "Give an https URL of at most 2048 characters, without user name and fragment.")
        case .refusedURL(let why):
            Problem(
                .invalid, code: "webhook_url_refused", detail: why,
                nextStep:
                    "Use an address of the public Internet, or set webhooks.allow_private where the receiver is yours.")
        case .invalidType(let type):
            Problem(
                .invalid, code: "event_type_invalid", detail: "'\(type.prefix(100))' names no type of events.",
                nextStep: "Write a type such as consent.granted, all of a noun such as consent.*, or * for all.")
        case .tooManyTypes:
            Problem(
                .invalid, code: "event_type_invalid", detail: "These are more types than a webhook may name.",
                nextStep: "Name at most 50, or all of a noun: consent.*.")
        case .invalidSecret:
            Problem(
                .invalid, code: "webhook_secret_invalid", detail: "That is no secret of a webhook.",
                nextStep: "Give whsec_ and the Base64 of 24 to 64 bytes, or none: one is made then.")
        case .tooMany:
            Problem(
                .conflict, code: "webhook_limit",
                detail: "There are \(WebhookKeeper.most) webhooks, as many as there may be.",
                nextStep: "Remove one, or let one receiver take more types.")
        case .disabled(let id):
            Problem(
                .conflict, code: "webhook_disabled", detail: "Webhook \(id) is disabled, so nothing is sent to it.",
                nextStep: "Enable it with `tenantry webhook enable \(id)`.")
        case .store(let error): error.problem
        }
    }
}
