/// A value that cannot be printed, logged, compared in a test message or encoded by accident.
///
/// The only way out is ``exposed``, which is easy to search for. Not `Codable` on purpose.
package struct Secret<Value: Sendable>: Sendable {
    /// The value itself. Use it at the last moment, and pass it on to nothing that prints.
    package let exposed: Value

    package init(_ value: Value) {
        exposed = value
    }
}

extension Secret: Equatable where Value: Equatable {}
extension Secret: Hashable where Value: Hashable {}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "<secret>" }
    package var debugDescription: String { "<secret>" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
