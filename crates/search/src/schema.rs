//! Fields of the index.

use tantivy::schema::{
    BytesOptions, Field, IndexRecordOption, NumericOptions, STORED, Schema, TextFieldIndexing,
    TextOptions,
};

use crate::lines::{POSITIONS, REPEATED};

/// The version of the chain, the fields and what they hold. A change of any of them makes indexes of
/// before unusable, and so a new version.
pub const FORMAT: u32 = 3;

/// The fields.
#[derive(Debug, Clone)]
pub struct Fields {
    pub schema: Schema,
    /// The document's id, to delete it by.
    pub id: Field,
    /// Words in plain form. A word's frequency in a document says its [`Level`](crate::levels::Level).
    pub word: Field,
    /// Other forms of words, each with a letter that says which; frequencies as above.
    pub form: Field,
    /// Exact values: categories, tags, authors, languages and titles; each with such a letter.
    pub key: Field,
    /// Words in their order.
    pub phrase: Field,
    /// The title as it is shown.
    pub title: Field,
    pub id_high: Field,
    pub id_low: Field,
    /// The factor of ratings and likes, in steps.
    pub popularity: Field,
    pub average_rating: Field,
}

pub const ID_HIGH: &str = "id_high";
pub const ID_LOW: &str = "id_low";
pub const POPULARITY: &str = "popularity";
pub const AVERAGE_RATING: &str = "average_rating";

impl Fields {
    pub fn new() -> Self {
        let text = |tokenizer, option| {
            let indexing = TextFieldIndexing::default();
            let indexing = indexing.set_tokenizer(tokenizer).set_fieldnorms(false);
            TextOptions::default().set_indexing_options(indexing.set_index_option(option))
        };
        let mut schema = Schema::builder();
        let number = || NumericOptions::default().set_fast();
        let id = schema.add_bytes_field("id", BytesOptions::default().set_indexed());
        let word = schema.add_text_field("word", text(REPEATED, IndexRecordOption::WithFreqs));
        let form = schema.add_text_field("form", text(REPEATED, IndexRecordOption::WithFreqs));
        let key = schema.add_text_field("key", text(POSITIONS, IndexRecordOption::Basic));
        let phrase = schema
            .add_text_field("phrase", text(POSITIONS, IndexRecordOption::WithFreqsAndPositions));
        let title = schema.add_text_field("title", STORED);
        let id_high = schema.add_u64_field(ID_HIGH, number());
        let id_low = schema.add_u64_field(ID_LOW, number());
        let popularity = schema.add_u64_field(POPULARITY, number());
        let average_rating = schema.add_f64_field(AVERAGE_RATING, number());
        let schema = schema.build();
        Self {
            schema,
            id,
            word,
            form,
            key,
            phrase,
            title,
            id_high,
            id_low,
            popularity,
            average_rating,
        }
    }
}
