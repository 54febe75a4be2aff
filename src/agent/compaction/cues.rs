// SPDX-License-Identifier: MIT OR Apache-2.0
//! Words that make a statement matter.
//!
//! A cue is looked for in the words of a statement, in lower case and with one space around each: `" must "` is a whole
//! word, `" allerg"` the beginning of one. Scripts that write without spaces are searched as they are.

/// How much a statement matters; the larger, the longer it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// It names something: a person, a number, a date.
    Particular,
    /// A decision, a task, a preference; what is not.
    Intention,
    /// What must be, must not be, or was asked to be remembered.
    Demand,
}

/// Demands: obligations, prohibitions, what does harm, what is to be remembered.
#[rustfmt::skip]
const DEMANDS: &[&str] = &[
    // English
    " never ", " always ", " must ", " mustn t ", 
    " at most ", " at least ", " allerg", " intoleran", " vegan", " vegetarian",
    " diabet", " forbid", " forbidden ", " remember ", " keep in mind ", " note that ", " forget ", " avoid ",
    
    // German, Dutch
    " niemals ", " immer ", " muss ", " musst ", " müssen ", 
    " höchstens ", " mindestens ", " allergi", " unverträglich", " vertrage ", " verboten ",
    " merk dir ", " merke dir ", " vergiss ", " denk daran ", " nooit ", " altijd ", " moet ",
    " moeten ", " onthoud ", " vergeet ", 
    // French
    " jamais ", " toujours ", " dois ", " doit ", " faut ", " au plus ",
    " au moins ", " interdit", " souviens ", " retiens ", " oublie", 
    // Spanish, Portuguese, Italian
    " nunca ", " jamás ", " siempre ", " debo ", " debe ", " tengo que ", " hay que ", 
    " alérgic", " alergi", " prohibid", " recuerda ", " olvides ", " sempre ", " devo ", " deve ",
    " tenho que ", " proibid", " lembra", " lembre", " esqueça", " mai ", " bisogna ", 
    " ricorda", " dimenticare ", " vietato ",
    // Polish, Czech
    " nigdy ", " zawsze ", " muszę ", " musi ", " wolno ", " uczulon", " alerg",
    " pamiętaj ", " zapamiętaj ", " zapomnij ", " nikdy ", " vždy ", " musím ", " nesmí", " pamatuj ", " nezapomeň ",
    // Russian, Ukrainian
    " никогда ", " всегда ", " долж", " нельзя ", " аллерг", " запомни", " помни",
    " забудь ", " забывай ", " ніколи ", " завжди ", " повин", " алергі", " пам ятай ",
    // Turkish, Indonesian, Vietnamese
    " asla ", " her zaman ", " zorunda", " alerji", " unutma", " hatırla", " sakın ", " mutlaka ", 
    " jangan ", " selalu ", " harus ", " ingat ", " luôn ", " phải ", " dị ứng ", " nhớ ",
    " đừng ",
    // Greek
    " ποτέ ", " πάντα ", " πρέπει ", " αλλεργ", " μην ", " θυμήσου ",
];

/// Demands in scripts without spaces, or with particles that are written together with the word.
#[rustfmt::skip]
const DEMANDS_ANYWHERE: &[&str] = &[
    // Chinese
    "绝不", "絕不", "从不", "從不", "永远", "永遠", "不要", "不吃", "不喝", "必须", "必須", "一定",
    "总是", "總是", "过敏", "過敏", "记住", "記住", "记得", "記得", "别忘", "別忘", "禁止", "千万", "千萬", "只能",
    // Japanese
    "絶対", "必ず", "決して", "いつも", "アレルギ", "覚えて", "忘れない", "しないで", "ないでください", "だめ", "ダメ",
    // Korean
    "절대", "항상", "반드시", "알레르기", "기억", "잊지", "안 돼", "안돼", "금지", "하지 마", 
    // Arabic, Hebrew, Persian
    "أبدا", "دائما", "يجب", "حساسية", "تذكر", "لا تنس", "ممنوع", "תמיד", "לעולם", "חייב", "אלרגי", "תזכור", "זכור",
    "תשכח", "אסור", "هرگز", "همیشه", "باید", "یادت",
    // Hindi
    "कभी", "हमेशा", "ज़रूर", "एलर्जी", "याद", " मत ", 
    // Thai
    "ห้าม", "ต้อง", "แพ้", "อย่า", "จำไว้", "เสมอ", 
];

/// Words that turn a statement round, or narrow it. Common in small talk too, so that they do not make a demand.
#[rustfmt::skip]
const NEGATIONS: &[&str] = &[
    " don t ", " do not ", " cannot ", " can t ", " can not ", " not ", " no ", " without ", " only ",
    " won t ", " shouldn t ", " doesn t ", " isn t ", " am not ", " nobody ", " nothing ", " nicht ", " kein",
    " darf ", " dürfen ", " ohne ", " nur ", " niet ", " geen ", " zonder ", " alleen ", " pas ", " sans ",
    " seulement ", " aucun", " sin ", " não ", " sem ", " non ", " senza ", " solo ", " nie ", " bez ",
    " tylko ", " не ", " без ", " только ", " değil ", " tidak ", " không ", " δεν ", " no puedo ",
];

#[rustfmt::skip]
const NEGATIONS_ANYWHERE: &[&str] = &["不可", "不能", "못 ", "नहीं", "ไม่", "لا "];

/// Decisions, tasks, preferences.
#[rustfmt::skip]
const INTENTIONS: &[&str] = &[
    " decide", " decision ", " agreed ", " let s ", " we ll ", " i ll ", " going to ", " need ", " needs ", " have to ",
    " has to ", " should ", " want", " prefer", " like ", " hate ", " favourite ", " favorite ", " deadline ", " due ",
    " promise", " plan ", " todo ", " to do ", " task", " instead ", " remind ", " please ", " my name ", " call me ",
    " entschieden ", " entschlossen ", " beschlossen ", " vereinbart ", " brauche ", " soll ", " sollst ", " möchte ",
    " will ", " wünsche ", " lieber ", " mag ", " aufgabe", " frist ", " bis zum ", " erinnere ", " bitte ", " heiße ",
    " besloten ", " wil ", " graag ",
    " décidé", " besoin ", " veux ", " préfère ", " aime ", " déteste ", " tâche", " rappelle ", " appelle ", " merci de ",
    " decidi", " necesito ", " quiero ", " prefiero ", " gusta ", " odio ", " tarea", " llamo ", " preciso ", " quero ",
    " prefiro ", " gosto ", " tarefa", " voglio ", " preferisco ", " piace ", " compito ", " chiamo ", " per favore ",
    " zdecydowa", " potrzebuję ", " chcę ", " wolę ", " lubię ", " zadanie ", " rozhod", " chci ",
    " реши", " нужно ", " надо ", " хочу ", " предпочита", " люблю ", " задача", " зовут ", " напомни",
    " karar ", " istiyorum ", " gerek", " tercih ", " memutuskan ", " mau ", " perlu ", " muốn ", " thích ", " quyết ",
];

#[rustfmt::skip]
const INTENTIONS_ANYWHERE: &[&str] = &[
    "决定", "決定", "需要", "想要", "喜欢", "喜歡", "讨厌", "計劃", "计划", "任务", "任務", "提醒", "我叫", "名字", "叫做",
    "好き", "嫌い", "したい", "ほしい", "予定", "締め切り", "と申します", "さん", "결정", "싶", "좋아", "싫", "필요", "이름",
    "قرر", "أريد", "أحتاج", "أفضل", "اسمي", "החלט", "רוצה", "צריך", "מעדיף", "चाहता", "चाहती", "पसंद", "नाम", "फैसला",
    "ตัดสินใจ", "อยาก", "ชอบ", "ชื่อ",
];

/// What asks for something not to be done, where a sentence begins with it.
const PROHIBITIONS: &[&str] =
    &[" don t ", " do not ", " please don t ", " please do not ", " bitte nicht ", " bitte kein"];

/// Words with which people speak of themselves.
#[rustfmt::skip]
const PERSONAL: &[&str] = &[
    " i ", " my ", " me ", " mine ", " we ", " our ", " us ",
    " ich ", " mir ", " mich ", " mein", " wir ", " unser", " uns ", " ik ", " mij ", " mijn ", " wij ", " ons ", " onze ",
    " je ", " j ", " moi ", " mon ", " ma ", " mes ", " nous ", " notre ", " nos ",
    " yo ", " soy ", " mi ", " mis ", " mí ", " estoy ", " tengo ", " nosotros ", " nuestr", " eu ", " sou ", " meu ", " minha ",
    " tenho ", " io ", " sono ", " mio ", " mia ", " miei ", " ho ", " ja ", " jestem ", " mam ", " mnie ", " mój ", " moja ",
    " mně ", " můj ", " jsem ", " я ", " мне ", " меня ", " мой ", " моя ", " мое", " моё", " мои", " мы ", " наш",
    " мені ", " мене ", " мій ", " ben ", " benim ", " bana ", " saya ", " aku ", " tôi ", " εγώ ", " μου ", " εμένα ", " είμαι ",
];

#[rustfmt::skip]
const PERSONAL_ANYWHERE: &[&str] = &[
    "我", "私", "僕", "俺", "わたし", "저는", "제가", "나는", "내가", "제 ", "우리", "أنا", "لدي", "عندي", "אני", "שלי",
    "मैं", "मुझे", "मेर", "ฉัน", "ผม", "من ",
];

/// What the cues of a statement say of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cues {
    /// How much it matters.
    pub(super) weight: Option<Weight>,
    /// Whether it says what is not, or must not be.
    pub(super) negated: bool,
    /// Whether somebody speaks of himself or herself.
    pub(super) personal: bool,
}

/// Looks for cues. `spaced` is the statement in words, `plain` as it was written; both in lower case.
pub(super) fn of(spaced: &str, plain: &str) -> Cues {
    let any = |cues: &[&str], text: &str| cues.iter().any(|cue| text.contains(cue));
    let demand = any(DEMANDS, spaced)
        || any(DEMANDS_ANYWHERE, plain)
        || PROHIBITIONS.iter().any(|prohibition| spaced.starts_with(prohibition));
    let negated = demand || any(NEGATIONS, spaced) || any(NEGATIONS_ANYWHERE, plain);
    let intended = negated || any(INTENTIONS, spaced) || any(INTENTIONS_ANYWHERE, plain);
    let weight = match (demand, intended) {
        (true, _) => Some(Weight::Demand),
        (false, true) => Some(Weight::Intention),
        (false, false) => None,
    };
    let personal = any(PERSONAL, spaced) || any(PERSONAL_ANYWHERE, plain);
    Cues { weight, negated, personal }
}

/// Words that say nothing by themselves.
#[rustfmt::skip]
const EMPTY: &[&str] = &[
    "that", "this", "these", "those", "with", "from", "have", "been", "were", "will", "would", "could", "should", "please",
    "your", "their", "there", "then", "than", "when", "what", "which", "while", "they", "them", "also", "just", "very",
    "really", "about", "into", "over", "some", "more", "most", "much", "many", "here", "because", "again", "always",
    "never", "must", "dont", "does", "doing", "want", "need", "remember", "only", "even", "ever", "person", "user",
    "aber", "auch", "dass", "eine", "einen", "einem", "einer", "eines", "haben", "habe", "hast", "wird", "werden",
    "nicht", "noch", "oder", "sehr", "sich", "sind", "über", "wenn", "doch", "bitte", "immer", "mein", "meine", "meinen",
    "dein", "deine", "dans", "pour", "avec", "mais", "nous", "vous", "cette", "être", "toujours", "jamais", "para",
    "pero", "como", "este", "esta", "siempre", "nunca", "della", "sono", "sempre", "что", "это", "меня", "всегда", "если",
];

/// Whether a word says nothing by itself.
pub(super) fn is_empty(word: &str) -> bool {
    EMPTY.contains(&word)
}
