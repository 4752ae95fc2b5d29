import { env } from 'cloudflare:workers'
import { test } from 'vitest'
import { drizzle } from 'drizzle-orm/d1'
import { sql } from 'drizzle-orm'
test('probe', async () => {
  const t = async (n: string, f: () => Promise<unknown>) => {
    try { console.log(n, 'OK', JSON.stringify(await f())) } catch (e: any) { console.log(n, '|', e.name, e.constructor.name, '|', e.message, '|', e.cause?.message, Object.keys(e)) }
  }
  const db = drizzle(env.DB)
  await t('undef', () => env.DB.prepare('select ?').bind(undefined).all())
  await t('wrong count', () => env.DB.prepare('select ?, ?').bind(1).all())
  await t('syntax', () => env.DB.prepare('selec 1').all())
  await t('syntax batch', () => env.DB.batch([env.DB.prepare('selec 1')]))
  await t('notnull', () => env.DB.prepare("insert into roles(name, created_at) values ('abc', null)").run())
  await t('check', () => env.DB.prepare("insert into roles(name, created_at) values ('a', 1)").run())
  await t('type', () => env.DB.prepare("insert into roles(name, created_at) values ('abc', 'x')").run())
  await t('uniq', () => env.DB.prepare("insert into roles(name, created_at) values ('admin', 1)").run())
  await t('uniq batch', () => env.DB.batch([env.DB.prepare("insert into roles(name, created_at) values ('admin', 1)")]))
  await t('uniq drizzle', () => db.run(sql`insert into roles(name, created_at) values (${'admin'}, 1)`))
  await t('many', () => env.DB.prepare(`select ${Array(101).fill('?').join()}`).bind(...Array(101).fill(1)).all())
  await t('big', () => env.DB.prepare(`select ?`).bind('x'.repeat(3e6)).all().then(r=>r.meta))
  await t('fk', () => env.DB.prepare(`insert into user_roles values (99,99,1,null)`).run())
  await t('json', () => env.DB.prepare(`select json_type('{')`).run())
  await t('auth', () => env.DB.prepare(`create temp table x(a)`).run())
  await t('bigsql', () => env.DB.prepare(`select '${'x'.repeat(100_001)}'`).run().then(r=>r.meta))
  await t('like', () => env.DB.prepare(`select 'a' like '${'x'.repeat(100)}'`).run())
  await t('object', () => env.DB.prepare('select ?').bind({a:1}).all())
  await t('pre', () => env.DB.prepare("insert into precondition values ('abc', 0)").run())
  await t('pre1', () => env.DB.prepare("insert into precondition values ('abc', 1)").run().then(r=>r.meta))
  await t('pretext', () => env.DB.prepare("insert into precondition values ('abc', 'x')").run())
  await t('pk', async () => (await env.DB.prepare("select * from pragma_table_xinfo('signing_keys')").all()).results[0])
  await t('pk', async () => (await env.DB.prepare("select * from pragma_table_xinfo('outbox')").all()).results[0])
  await t('pk', async () => (await env.DB.prepare("select * from pragma_table_xinfo('users')").all()).results.slice(0, 1))
  await t('eqp', async () => (await env.DB.prepare("explain query plan delete from users where id = 5").all()).results)
  await t('ver', async () => (await env.DB.prepare("select * from pragma_foreign_key_check").all()).results)
  await t('ic', async () => (await env.DB.prepare("pragma integrity_check").all()).results)
  await t('qc', async () => (await env.DB.prepare("pragma quick_check").all()).results)
  await t('m', async () => (await env.DB.prepare("select * from sqlite_master where type='table'").all()).results.map((x:any)=>x.name))
  await t('seq', async () => (await env.DB.prepare("select * from sqlite_sequence").all()).results)
  console.log(env.TEST_MIGRATIONS.map(m=>[m.name, m.queries.length, m.queries[0]?.slice(0,200)]))
})
