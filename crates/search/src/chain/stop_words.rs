//! Words that say little of what a text is about.

use std::{collections::HashSet, sync::LazyLock};

/// Stop words of the commonest languages, in plain form.
const LISTS: [&str; 8] = [
    "a an and are as at be but by can do does for from has have how i if in into is it its me my of on \
     or our s so t that the their them then there these they this to was we were what when where \
     which who will with would you your",
    "aber als am an auch auf aus bei das dem den der des die du ein eine einem einen einer eines er es \
     fur ich im ist mit nach nicht oder sich sie sind uber um und von vor was wie wir zu zum zur",
    "au aux avec ce ces cette comme d dans de des du elle en est et il je l la le les leur lui ma mais \
     mes mon ne nous ou par pas pour qu que qui sa se ses son sur un une vous",
    "al como con de del el ella en es esta este la las lo los mas mi o para pero por que se sin sobre \
     su sus un una y yo",
    "ao aos as com da das do dos e em mais mas meu minha na nas no nos o os ou para pela pelo por que \
     se sem seu sua um uma",
    "alla che chi ci con dal dalla dei del della delle di e ed gli ha i il in io la le lo ma mi nel \
     nella non per piu sono su tra un una uno",
    "в во и на не с со к у о об от по за из для до как что это то а но или он она они мы вы я бы же",
    "de een en het ik in is je met niet of op te van voor zijn dat die er naar om ook aan bij",
];

static WORDS: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| LISTS.iter().flat_map(|list| list.split_whitespace()).collect());

/// Returns whether a word in plain form is a stop word.
pub fn is_stop_word(plain: &str) -> bool {
    WORDS.contains(plain)
}
