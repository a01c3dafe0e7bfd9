use timestamp::Timestamp;

/// The activity on the whole platform.
#[derive(Debug)]
pub struct Stats {
    pub total_user_events: i64,
    pub total_prompt_events: i64,
    pub new_users_last_24h: i64,
    pub prompts_created_last_24h: i64,
    pub prompt_views_last_24h: i64,
    pub new_users_last_7d: i64,
    pub prompts_created_last_7d: i64,
    pub prompt_views_last_7d: i64,
    pub updated_at: Timestamp,
}
