/// The consumer group: instances of the service share the work as its members.
pub const CONSUMER_GROUP: &str = "analytics";
