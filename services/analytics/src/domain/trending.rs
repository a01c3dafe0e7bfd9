use ids::PromptId;

/// The number of prompts of each ranking that are chosen as candidates: well above what an answer looks at.
pub const CANDIDATES: i64 = 5_000;

/// A place in the ranking, after which the next page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RankCursor {
    /// The rank's own number, which falls along the ranking; not a score.
    pub rank: i64,
    pub prompt_id: PromptId,
}

impl RankCursor {
    /// Tells whether this place is at a threshold or above it; without one, every place is.
    pub fn reaches(&self, threshold: Option<Self>) -> bool {
        threshold.is_none_or(|it| (-self.rank, self.prompt_id) <= (-it.rank, it.prompt_id))
    }
}

/// The place of a prompt among all that were viewed in a period.
#[derive(Clone, Copy, Debug)]
pub struct RankedPrompt {
    pub prompt_id: PromptId,
    pub score: f64,
    pub cursor: RankCursor,
}

/// A prompt of the ranking, with its title if that is known.
#[derive(Debug)]
pub struct TrendingPrompt {
    pub prompt_id: PromptId,
    /// `None` when the prompt service could not be asked.
    pub title: Option<String>,
    /// `None` when the prompt service could not be asked.
    pub category: Option<String>,
    /// The author's name, if that is known.
    pub username: Option<String>,
    pub views: i64,
    pub unique_viewers: i64,
    pub score: f64,
    /// 1 for the first.
    pub rank: i64,
    /// Whether the prompt service could not be asked about the prompt.
    pub incomplete: bool,
}

/// The first prompts of the ranking.
#[derive(Debug)]
pub struct Trending {
    pub prompts: Vec<TrendingPrompt>,
    /// Whether the prompt service could not be asked about all of them.
    pub incomplete: bool,
}
