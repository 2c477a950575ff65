/**
 * Redis's patterns: `*`, `?`, `[abc]`, `[^a-z]`, and `\` before a character that is to stand for itself. Over strings
 * of a character per byte. `anyCase` takes ASCII letters of both cases for the same.
 *
 * After a `*` it goes back only to the last one: what an earlier star took need never be taken anew. So the time is at
 * most pattern times text, whatever a client sends.
 */
export function matchGlob(pattern: string, text: string, anyCase = false): boolean {
  if (anyCase) {
    pattern = lowerCase(pattern)
    text = lowerCase(text)
  }
  let p = 0
  let t = 0
  let star = -1
  let starText = 0
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++
      starText = t
      continue
    }
    const next = p < pattern.length ? matchOne(pattern, p, text.charCodeAt(t)) : -1
    if (next >= 0) {
      p = next
      t++
    } else if (star >= 0) {
      p = star + 1
      t = ++starText
    } else return false
  }
  while (p < pattern.length && pattern[p] === '*') p++
  return p === pattern.length
}

/** How every text begins that the pattern fits; `isAll`: and there is no other one that it fits. */
export function literalPrefix(pattern: string): { prefix: string; isAll: boolean } {
  const special = pattern.search(/[*?[\\]/)
  return special < 0 ? { prefix: pattern, isAll: true } : { prefix: pattern.slice(0, special), isAll: false }
}

function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** The offset behind the element at `p` if it stands for `code`, else -1. */
function matchOne(pattern: string, p: number, code: number): number {
  switch (pattern[p]) {
    case '?':
      return p + 1
    case '[':
      return matchClass(pattern, p + 1, code)
    case '\\':
      // At the very end it stands for itself.
      if (p + 1 < pattern.length) p++
      return pattern.charCodeAt(p) === code ? p + 1 : -1
    default:
      return pattern.charCodeAt(p) === code ? p + 1 : -1
  }
}

/** `p` is behind the bracket. A class that is not closed ends with the pattern. */
function matchClass(pattern: string, p: number, code: number): number {
  const negated = pattern[p] === '^'
  if (negated) p++
  let matched = false
  for (; p < pattern.length && pattern[p] !== ']'; p++) {
    if (pattern[p] === '\\' && p + 1 < pattern.length) {
      p++
      if (pattern.charCodeAt(p) === code) matched = true
    } else if (pattern[p + 1] === '-' && p + 2 < pattern.length) {
      const a = pattern.charCodeAt(p)
      const b = pattern.charCodeAt(p + 2)
      if (code >= Math.min(a, b) && code <= Math.max(a, b)) matched = true
      p += 2
    } else if (pattern.charCodeAt(p) === code) matched = true
  }
  return matched === negated ? -1 : Math.min(p + 1, pattern.length)
}
