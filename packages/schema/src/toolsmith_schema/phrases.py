"""Fragments of regular expressions for what people say: days, times, lengths, amounts, joining words."""

from __future__ import annotations

NUMBER = (
    r"(?:\d+|a couple of|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|fifty)"
)
MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day"
UNIT = r"(?:minutes?|mins?|hours?|hrs?|days?|weeks?|months?)"
LENGTH = rf"(?:half an hour|(?:an|one) hour and a half|an? {UNIT}|{NUMBER}[\s-]*{UNIT})"
DAY = (
    rf"(?:(?:the )?day after tomorrow|today|tonight|tomorrow|(?:(?:this|next|coming) )?{WEEKDAY}"
    rf"|next (?:week|month)|this weekend|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
    rf"|(?:the )?\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{MONTH}(?: \d{{4}})?|the \d{{1,2}}(?:st|nd|rd|th)"
    r"|\d{4}-\d\d-\d\d|\d{1,2}[/.]\d{1,2}(?:[/.]\d{2,4})?)"
)
PART = r"(?:(?:in the |this )?(?:morning|afternoon|evening)|at night|tonight)"
CLOCK = (
    r"(?:noon|midnight|midday|(?:half past|(?:a )?quarter (?:past|to)) \w+"
    r"|\d{1,2}(?:[:.]\d\d)?\s*(?:[ap]\.?m\b\.?|o'clock)|\d{1,2}:\d\d)"
)
MOMENT = (
    rf"(?:in {LENGTH}|{LENGTH} from now"
    rf"|(?:{DAY}|{PART})(?: {PART})?(?:,? (?:at )?(?:{CLOCK}|\d{{1,2}}\b))?"
    rf"|{CLOCK}(?:,? (?:on )?{DAY})?(?: {PART})?|at \d{{1,2}}\b(?: (?:on )?{DAY})?)"
)
SIGN = r"[$€£¥₹]"
AMOUNT = (
    r"(?:(?:\d[\d,.]*\d|\d)(?:\s?k\b| thousand| million| hundred)?"
    r"|(?:an?|one|two|three|four|five|six|seven|eight|nine) (?:hundred|thousand|million)"
    r"|ten|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
)
SAYS = (
    r"(?:saying|says?|that says|with the (?:message|text|body)|telling (?:him|her|them)|to (?:say|tell \w+)"
    r"|that|message|body)"
)
STOP = (
    rf"(?=\s+(?:{SAYS}|about|with|on|via|over|by|through|subject|titled|to let|and)\b"
    r"|[,:;?]|\s*[-–]\s|$)"
)
TABLES = r"(?:orders|refunds|invoices|customers|tickets)"
CHANNEL = r"(?P<channel>sms|slack|whatsapp)"
