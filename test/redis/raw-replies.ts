/** Where the reply that begins at `at` ends, −1 when it has not come whole: RESP told as plainly as can be. */
export function replyEnd(bytes: Buffer, at: number): number {
  const line = bytes.indexOf('\r\n', at)
  if (line < 0) return -1
  const type = String.fromCharCode(bytes[at]!)
  const size = Number(bytes.toString('latin1', at + 1, line))
  let end = line + 2
  if ('$!='.includes(type)) {
    if (size < 0) return end
    return end + size + 2 > bytes.length ? -1 : end + size + 2
  }
  let elements = '*~>'.includes(type) ? size : '%|'.includes(type) ? 2 * size : 0
  // An attribute stands before what it belongs to.
  if (type === '|') elements++
  for (; elements > 0 && end >= 0; elements--) end = replyEnd(bytes, end)
  return end
}

/** The replies in these bytes, each as it came. */
export function splitReplies(bytes: Buffer): Buffer[] {
  const replies: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = replyEnd(bytes, at)
    if (end < 0) throw new Error('the last reply is not whole')
    replies.push(bytes.subarray(at, end))
    at = end
  }
  return replies
}
