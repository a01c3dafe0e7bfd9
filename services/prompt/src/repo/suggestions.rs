//! Which suggestions of the search index are still true.

use ids::{PromptId, UserId};
use sqlx::{PgPool, query_scalar};

/// Returns the places, from 1, of those texts that are the title of the listed prompt beside it, or the
/// name of the author beside it, who has a listed prompt.
pub async fn find_true(
    pool: &PgPool,
    texts: &[String],
    prompts: &[Option<PromptId>],
    authors: &[Option<UserId>],
) -> sqlx::Result<Vec<i64>> {
    query_scalar!(
        r#"select s.n as "n!"
           from unnest($1::text[], $2::uuid[], $3::uuid[]) with ordinality s (text, prompt, author, n)
           where exists (select from prompts p
                         where p.id = s.prompt and p.title = s.text
                           and p.visibility = 'PUBLIC' and p.status = 'PUBLISHED')
              or exists (select from prompts p
                         where p.user_id = s.author and p.username = s.text
                           and p.visibility = 'PUBLIC' and p.status = 'PUBLISHED')"#,
        texts,
        prompts as &[Option<PromptId>],
        authors as &[Option<UserId>],
    )
    .fetch_all(pool)
    .await
}
