/** The numbered steps of an object's SQLite, on the storage of an object that nothing else uses. */
import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { type ObjectSchema, runSchemaSteps } from '../../src/db/object-schema'

const MADE = 'CREATE TABLE notes (text TEXT NOT NULL) STRICT; INSERT INTO notes VALUES (1)'
const ADDED = "ALTER TABLE notes ADD COLUMN author TEXT; INSERT INTO notes VALUES (2, 'Ada')"

/** A throttle makes no table before it counts something. */
const inEmptyStorage = (use: (storage: DurableObjectStorage) => void) =>
  runInDurableObject(env.THROTTLE.getByName(crypto.randomUUID()), (_, { storage }) => use(storage))
const notes = ({ sql }: DurableObjectStorage) => sql.exec('SELECT * FROM notes').toArray()

const schema = (...steps: string[]): ObjectSchema => ({ tables: steps.join(';'), steps })

it('a new object gets the tables alone, and runs the steps that are added later', () =>
  inEmptyStorage((storage) => {
    runSchemaSteps(storage, { tables: MADE, steps: ['SELECT * FROM missing'] })
    expect(notes(storage)).toEqual([{ text: '1' }])
    runSchemaSteps(storage, schema('SELECT * FROM missing', ADDED))
    expect(notes(storage)).toHaveLength(2)
  }))

it('each step runs once, in order', () =>
  inEmptyStorage((storage) => {
    // An object from before the steps has tables, but no number.
    storage.sql.exec('CREATE TABLE earlier (text TEXT)')
    for (const steps of [[MADE], [MADE], [MADE, ADDED], [MADE, ADDED]])
      runSchemaSteps(storage, { tables: 'SELECT * FROM missing', steps })
    expect(notes(storage)).toEqual([
      { text: '1', author: null },
      { text: '2', author: 'Ada' },
    ])
  }))

it('when one of several missing steps fails, none has run', () =>
  inEmptyStorage((storage) => {
    runSchemaSteps(storage, schema(MADE))
    const failing = schema(MADE, ADDED, 'DELETE FROM notes; SELECT * FROM missing')
    expect(() => runSchemaSteps(storage, failing)).toThrow('no such table: missing')
    expect(notes(storage)).toEqual([{ text: '1' }])
    runSchemaSteps(storage, schema(MADE, ADDED))
    expect(notes(storage)).toHaveLength(2)
  }))

it('storage at a step that the code does not know is refused and left as it is', () =>
  inEmptyStorage((storage) => {
    runSchemaSteps(storage, schema(MADE, ADDED))
    expect(() => runSchemaSteps(storage, schema(MADE))).toThrow(
      'This Durable Object’s schema is at step 2, this release knows 1: deploy the newer release again',
    )
    expect(notes(storage)).toHaveLength(2)
  }))

it('storage that misses no step is read once and not written', () =>
  inEmptyStorage((storage) => {
    runSchemaSteps(storage, schema(MADE))
    const readOnly = { kv: { get: (key: string) => storage.kv.get(key) } }
    runSchemaSteps(readOnly as DurableObjectStorage, schema(MADE))
  }))
