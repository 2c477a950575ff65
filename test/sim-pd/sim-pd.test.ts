import { describe, expect, test } from 'vitest'
import { runScenario } from './run.ts'
import { parseScenario, readScenario, scenarioNames } from './scenario.ts'

/** A hundred thousand cells belong to `npm run sim:pd`. */
const small = scenarioNames().filter((name) => name !== 'hundred-stores')

describe('A world under PD settles as it should', () => {
  test.each(small)('%s', (name) => {
    expect(runScenario(readScenario(name), () => 0).wrong).toEqual([])
  })
})

test('The same seed gives the same orders at the same times, and another seed others', () => {
  const scenario = readScenario('stores-added')
  const { fingerprint, operators } = runScenario(scenario, () => 0)
  expect(runScenario(scenario, () => 0)).toMatchObject({ fingerprint, operators })
  expect(runScenario({ ...scenario, seed: 2 }, () => 0).fingerprint).not.toBe(fingerprint)
})

describe('A scenario', () => {
  test('that says something unknown is refused with its line', () => {
    expect(() => parseScenario('x', 'stores 3\nat 5s dance')).toThrow('x:2 says nothing that is known: at 5s dance')
  })

  test('that cannot hold is found out: a store that never gets its share, and moves beyond what is allowed', () => {
    const stuck = parseScenario('x', 'stores 4\ncells 40 on 1 2 3\nset cellOperatorsMax 0\nrun 60s')
    expect(runScenario(stuck, () => 0).wrong.join()).toMatch(/cells are not even/)
    const many = parseScenario('x', 'stores 4\ncells 40 on 1 2 3\nrun 60s\nmoves at most 3')
    expect(runScenario(many, () => 0).wrong.join()).toMatch(/operators, 3 allowed/)
  })
})
