//! A listing as it is indexed for search.

use search::{Document, Popularity};

use super::Listing;

impl From<Listing> for Document {
    /// Takes what everyone is shown, and nothing else of what is sold.
    fn from(listing: Listing) -> Self {
        let texts = [listing.description, listing.prompt_description];
        Self {
            id: listing.id.0,
            title: listing.title,
            // The engine looks for words in tags, but not in names of authors.
            tags: vec![listing.prompt_title, listing.seller_username.clone()],
            category: listing.prompt_category,
            description: texts.into_iter().flatten().collect::<Vec<_>>().join("\n"),
            content: listing.content_preview,
            author: listing.seller_username,
            author_id: listing.seller_id.0,
            // Ratings and sales change without a notification, and all instances must find the same.
            popularity: Popularity::default(),
        }
    }
}
