import fc from 'fast-check'
import { expect, test } from 'vitest'
import './seed.ts'
import { utf8 } from '../../src/base/index.ts'
import {
  addLearnerNode,
  addNode,
  asV2,
  type ConfChange,
  ConfChangeTransition,
  ConfChangeType,
  type ConfChangeV2,
  confChangeV2,
  contextOf,
  decodeConfChange,
  EntryType,
  encodeConfChange,
  leaveJointChange,
  removeNode,
} from '../../src/raft/index.ts'

function bytesOf(change: ConfChange | ConfChangeV2): string {
  return Buffer.from(encodeConfChange(change)).toString('hex')
}

test('the bytes of a V2 change are the protobuf that the field writes', () => {
  const change = confChangeV2([addNode(1), removeNode(300)], ConfChangeTransition.jointExplicit, utf8('hi'))
  expect(bytesOf(change)).toBe('0802' + '1204' + '08001001' + '1205' + '080110ac02' + '1a02' + '6869')
  expect(bytesOf(leaveJointChange())).toBe('0800')
})

test('the bytes of a V1 change are the protobuf that the field writes', () => {
  const change = { id: 7, type: ConfChangeType.addLearnerNode, nodeId: 2, context: utf8('x') }
  expect(bytesOf(change)).toBe('0807' + '1003' + '1802' + '220178')
})

test('an entry without data is the change that leaves a joint configuration', () => {
  expect(decodeConfChange(EntryType.confChangeV2, new Uint8Array(0))).toEqual(leaveJointChange())
})

test('what is written is read', () => {
  const id = fc.oneof(fc.nat({ max: 300 }), fc.maxSafeNat())
  const type = fc.constantFrom(...Object.values(ConfChangeType))
  const context = fc.uint8Array({ maxLength: 200 })
  const single = fc.record({ type, nodeId: id })
  const v2 = fc.record({
    transition: fc.constantFrom(...Object.values(ConfChangeTransition)),
    changes: fc.array(single, { maxLength: 5 }),
    context,
  })
  const v1 = fc.record({ id, type, nodeId: id, context })
  fc.assert(
    fc.property(v2, (change) => {
      expect(decodeConfChange(EntryType.confChangeV2, encodeConfChange(change))).toEqual(change)
    }),
  )
  fc.assert(
    fc.property(v1, (change) => {
      expect(decodeConfChange(EntryType.confChange, encodeConfChange(change))).toEqual(change)
    }),
  )
})

test('fields of a later version are passed over', () => {
  const later = Uint8Array.from([
    0x08, 0x01, 0x2a, 0x02, 0xff, 0xff, 0x31, 1, 2, 3, 4, 5, 6, 7, 8, 0x3d, 1, 2, 3, 4, 0x40, 0x05,
  ])
  expect(decodeConfChange(EntryType.confChangeV2, later)).toEqual(confChangeV2([], ConfChangeTransition.jointImplicit))
})

test('bytes that are cut short, and kinds that are not known, are refused', () => {
  const bytes = encodeConfChange(confChangeV2([addNode(1)]))
  for (const length of [1, 3, 4, 5, 6, 7]) {
    expect(() => decodeConfChange(EntryType.confChangeV2, bytes.subarray(0, length))).toThrow('cut short')
  }
  expect(() => decodeConfChange(EntryType.confChangeV2, Uint8Array.from([0x08, 0x09]))).toThrow('unknown transition')
  expect(() => decodeConfChange(EntryType.confChange, Uint8Array.from([0x10, 0x09]))).toThrow('unknown type')
})

test('a V1 change is a V2 change of one, with its context', () => {
  const v2 = asV2({ id: 1, type: ConfChangeType.addLearnerNode, nodeId: 4, context: utf8('why') })
  expect(v2).toEqual(confChangeV2([addLearnerNode(4)], ConfChangeTransition.auto, utf8('why')))
  expect(contextOf(v2)).toEqual(utf8('why'))
})
