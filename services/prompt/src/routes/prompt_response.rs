//! A prompt as clients see it, with its author's name.

use std::collections::{BTreeMap, HashMap};

use http_kit::{ApiError, ApiResult, Page};
use ids::{PromptId, UserId};
use rust_decimal::Decimal;
use serde::Serialize;
use timestamp::Timestamp;
use utoipa::ToSchema;

use crate::{
    domain::{self, Status, UserNames, Visibility},
    state::AppState,
};

/// Bytes of a content from which it is searched for placeholders on a blocking thread.
const LONG_BYTES: usize = 32 * 1024;

/// A prompt.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PromptResponse {
    id: PromptId,
    #[schema(example = "Code reviewer")]
    title: String,
    description: Option<String>,
    /// `null` when the prompt is premium and the caller is neither its author nor an admin, and holds
    /// no licence to this version; in lists, unless `include=content` asks for it.
    content: Option<String>,
    /// The first 200 characters of the content.
    content_preview: String,
    #[schema(example = "Programming")]
    category: String,
    tags: Vec<String>,
    /// The author.
    user_id: UserId,
    username: String,
    /// The same as `userId`.
    author_id: UserId,
    /// The same as `username`.
    author_username: String,
    /// First and last name, or the username of who gave none.
    author_name: String,
    visibility: Visibility,
    /// Whether `visibility` is `PUBLIC`.
    is_public: bool,
    status: Status,
    /// The model it was written for.
    model: Option<String>,
    /// The version shown.
    #[schema(minimum = 1)]
    version: i32,
    /// Of the version shown; `latest` is on the newest.
    labels: Vec<String>,
    /// Names in `{{name}}` and `{{name:default}}` placeholders, in order of first use: of the
    /// content, or of its preview where `content` is `null`.
    variables: Vec<String>,
    /// The default of each of them that has one: the first, where it has several.
    #[schema(example = json!({"language": "Rust"}))]
    variable_defaults: BTreeMap<String, String>,
    /// Texts in braces, of the same, that may have been meant as placeholders and are none: `{{…}}` that
    /// is text, and `${name}` or `${name:default}`. Each once, in order; the first 50, each cut after 100
    /// characters (`…`).
    #[schema(example = json!(["{{ color: \"red\" }}", "${topic:tea}"]))]
    literals: Vec<String>,
    forked_from: Option<ForkedFrom>,
    likes_count: i64,
    /// How often others than the author read it; may lag by up to 2 s.
    views_count: i64,
    /// How often it was filled in; may lag by up to 2 s.
    usage_count: i64,
    forks_count: i64,
    comments_count: i64,
    /// 0 when nobody has rated it.
    average_rating: f64,
    ratings_count: i64,
    is_featured: bool,
    is_premium: bool,
    #[serde(with = "http_kit::decimal::option")]
    #[schema(value_type = Option<f64>)]
    price: Option<Decimal>,
    /// Whether the caller has liked it.
    user_has_liked: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// What a prompt was forked from.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ForkedFrom {
    prompt_id: PromptId,
    version: i32,
}

impl PromptResponse {
    /// Makes a response, with the author's name if `names` has it.
    pub fn new(prompt: domain::Prompt, names: &HashMap<UserId, UserNames>) -> Self {
        let author_name = names.get(&prompt.user_id).and_then(UserNames::full_name);
        let text = prompt.content.as_ref().unwrap_or(&prompt.content_preview);
        Self {
            labels: prompt.labels_shown(),
            variables: template::variables(text),
            variable_defaults: template::defaults(text),
            literals: template::literals(text),
            content_preview: prompt.content_preview,
            author_id: prompt.user_id,
            author_username: prompt.username.clone(),
            author_name: author_name.unwrap_or_else(|| prompt.username.clone()),
            is_public: prompt.visibility == Visibility::Public,
            forked_from: prompt
                .forked_from_prompt_id
                .zip(prompt.forked_from_version)
                .map(|(prompt_id, version)| ForkedFrom { prompt_id, version }),
            id: prompt.id,
            title: prompt.title,
            description: prompt.description,
            content: prompt.content,
            category: prompt.category,
            tags: prompt.tags,
            user_id: prompt.user_id,
            username: prompt.username,
            visibility: prompt.visibility,
            status: prompt.status,
            model: prompt.model,
            version: prompt.version,
            likes_count: prompt.likes_count,
            views_count: prompt.views_count,
            usage_count: prompt.usage_count,
            forks_count: prompt.forks_count,
            comments_count: prompt.comments_count,
            average_rating: prompt.average_rating,
            ratings_count: prompt.ratings_count,
            is_featured: prompt.is_featured,
            is_premium: prompt.is_premium,
            price: prompt.price,
            user_has_liked: prompt.user_has_liked,
            created_at: prompt.created_at,
            updated_at: prompt.updated_at,
        }
    }

    /// Makes a response, and looks up the author's name.
    pub async fn load(state: &AppState, prompt: domain::Prompt) -> ApiResult<Self> {
        let names = state.user_directory.names_of([prompt.user_id]).await;
        if prompt.content.as_ref().is_none_or(|content| content.len() < LONG_BYTES) {
            return Ok(Self::new(prompt, &names));
        }
        // Without a deadline: a prompt that was written is not answered with a refusal.
        tokio::task::spawn_blocking(move || Self::new(prompt, &names))
            .await
            .map_err(ApiError::internal)
    }

    /// Makes a page of responses within the limit of pages, and looks up the authors' names.
    pub async fn load_page(state: &AppState, page: Page<domain::Prompt>) -> ApiResult<Page<Self>> {
        Self::load_page_of(state, page, |prompt| (prompt, ()), |prompt, ()| prompt).await
    }

    /// Makes a page of items that have a prompt each, as [`PromptResponse::load_page`] does. `split` takes
    /// the prompt out of an item, and `join` makes an item of its response and the rest.
    pub async fn load_page_of<T, R, U>(
        state: &AppState,
        page: Page<T>,
        split: impl Fn(T) -> (domain::Prompt, R),
        join: impl Fn(Self, R) -> U + Send + 'static,
    ) -> ApiResult<Page<U>>
    where
        R: Clone + Send + 'static,
        U: Serialize + Send + 'static,
    {
        let page = page.map(split);
        let names = state
            .user_directory
            .names_of(page.content.iter().map(|(prompt, _)| prompt.user_id))
            .await;
        let has_contents = page.content.iter().any(|(prompt, _)| prompt.content.is_some());
        let fit = move || {
            page.fit(|(prompt, rest)| {
                let forms = Self::forms(prompt, &names).into_iter();
                forms.map(|prompt| join(prompt, rest.clone())).collect()
            })
        };
        let page = if has_contents { state.text_limit.run(fit).await? } else { fit() };
        page.map_err(ApiError::internal)
    }

    /// Returns the forms of a list's item, from the shortest: without the fields that can be long, without
    /// the content, and with it if it was fetched.
    fn forms(mut prompt: domain::Prompt, names: &HashMap<UserId, UserNames>) -> Vec<Self> {
        let content = prompt.content.take();
        let whole = content.map(|content| {
            let prompt = domain::Prompt { content: Some(content), ..prompt.clone() };
            Self::new(prompt, names)
        });
        let brief = Self::new(prompt, names);
        let shortest =
            Self { description: None, labels: Vec::new(), variables: Vec::new(), ..brief.clone() };
        [Some(shortest), Some(brief), whole].into_iter().flatten().collect()
    }
}
