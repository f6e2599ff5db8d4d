"""Informal spellings with their normalized forms; words with phonemes as in `app.text.phonetic`."""

SOUNDS = {
    "Shh! He sleeps.": "⟦ʃː|Shh⟧! He sleeps.",
    "Brrrr, so cold.": "⟦bɹˈɜː|Brrrr⟧, so cold.",
    "Mm, nice. Mhm.": "⟦mː|Mm⟧, nice. ⟦mhˈəm|Mhm⟧.",
    "mm-hmm": "⟦mhˈəm|mm-hmm⟧",
    "Pffft, zzzz, grrr": "⟦pft|Pffft⟧, ⟦zː|zzzz⟧, ⟦ɡɹˈɜː|grrr⟧",
    "Hmph. Hm.": "⟦hˈʌmf|Hmph⟧. ⟦həm|Hm⟧.",
    "Ow! Ewww.": "⟦ˈaʊ|Ow⟧! ⟦jˈuː|Ewww⟧.",
    "AAAAH!": "⟦ˈɑː|AAAAH⟧!",
    "tsk, tsk": "⟦tsk|tsk⟧, ⟦tsk|tsk⟧",
    # read rightly by espeak-ng, or no sounds
    "Hmm. Ugh! Phew, oh, um. Uh-huh.": "Hmm. Ugh! Phew, oh, um. Uh-huh.",
    "ssh keys, 5 mm, at 5 PST": "ssh keys, five millimeters, at five PST",
    "the owl, a show, shhort": "the owl, a show, shhort",
}
STUTTERS = {
    "W-w-where is it?": "⟦wəwə|W-w-⟧where is it?",
    "N-now, p-please.": "⟦nə|N-⟧now, ⟦pə|p-⟧please.",
    "Th-this is k-knitted by Ph-Phil.": "⟦ðə|Th-⟧this is ⟦nə|k-⟧knitted by ⟦fə|Ph-⟧Phil.",
    "C-Charles s-saw sh-she": "⟦tʃə|C-⟧Charles ⟦sə|s-⟧saw ⟦ʃə|sh-⟧she",
    "D-Day, T-tests, a T-shirt and e-mail": "D-Day, T-tests, a T-shirt and e-mail",
    "I-I am b-c, I-I'm": "I-I am b-c, I-I'm",
    "A-are you st-still there? I-it's tr-true": "⟦ə|A-⟧are you ⟦stə|st-⟧still there? ⟦ɪ|I-⟧it's ⟦tɹə|tr-⟧true",
}
DRAWN_OUT = {
    "Soooo gooood!": "So good!",
    "NOOOO!!!": "NO!!!",
    "YESSSS, pleeease": "YES, please",
    "Helloooo, reallllly coooool": "Hello, really cool",
    "whaaaat a looong daaay": "what a long day",
    "Heyyyy, sleeeepy": "Hey, sleepy",
    "So-o-o we-e-ell, a co-op": "So well, a co-op",
    "sleeeeping, freeeedom": "sleeping, freedom",
    "IEEE, WWW, AAAS, XXXL": "IEEE, WWW, AAAS, XXXL",
    "Size XXX and see": "Size XXX and see",
}
CAPITALS = {
    "DROP IT NOW!": "DROP it NOW!",
    "THEY SAW US.": "THEY SAW us.",
    "GIVE IT TO US": "GIVE it TO us",
    "Oh, just STOP IT.": "Oh, just STOP it.",
    "MADE IN THE US": "MADE IN THE US",
    "CALL IT SUPPORT": "CALL IT SUPPORT",
    "It is IT.": "It is IT.",
    "the US and the IT team": "the US and the IT team",
    "US NAVY SHIPS": "US NAVY SHIPS",
}
CHAT = {
    "Bye~ See you!~": "Bye See you!",
    "Nice one :D": "Nice one",
    "Haha :'D ok": "Haha ok",
    "OK ;P then ^_^ bye -_-": "OK then bye",
    "I <3 trains": "I love trains",
    "you and me <3": "you and me",
    "if x <3 or y": "if x less than three or y",
    "no idea ¯\\_(ツ)_/¯": "no idea",
    "(ʘ‿ʘ) ʕ•ᴥ•ʔ ok": "ok",
    "at 10:30, C:\\Temp, 3:2": "at ten thirty, C: Temp, three to two",
    "idk, Pls help, thx": "I D K, Please help, thanks",
    "a VIP and two VIPs": "a V I P and two V I P's",
    "FAQ": "F ⟦['eI|A⟧ Q",
    "lol, OMG, btw": "lol, OMG, btw",
}
STYLED = {
    "ᴛʜᴇ ᴇɴᴅ": "the end",
    "Ｗｉｄｅ 𝐛𝐨𝐥𝐝 𝒮𝒸𝓇𝒾𝓅𝓉 Ⓒⓘⓡⓒⓛⓔ": "Wide bold Script Circle",
    "🅱🅾🅻🅳 🅦🅞🅦": "BOLD WOW",
    "re\u0301sume\u0301": "résumé",
}
CASES = {**SOUNDS, **STUTTERS, **DRAWN_OUT, **CAPITALS, **CHAT, **STYLED}
