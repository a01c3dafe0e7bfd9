use ids::TransactionId;

/// The response to a purchase that was paid.
#[derive(Debug)]
pub struct PurchaseReceipt {
    pub transaction: TransactionId,
    /// JSON, kept as text: a repeated request gets the same text, whatever the purchase has become.
    pub body: String,
}
