/** The other side of `comedy.ts`: it loads its actors by `require`, and each method is a topic. */
module.exports = class EchoActor {
  take({ sequence }: { readonly sequence: number }): number {
    return sequence
  }
}
