use ids::DeadLetterId;

/// A message that can never be applied, byte for byte.
#[derive(Debug)]
pub struct DeadLetter {
    pub id: DeadLetterId,
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub payload: Vec<u8>,
    pub reason: String,
}
