import { expect, it } from 'vitest'
import { EventsQuery } from '../../../src/pages/admin/audit-filter'
import { UsersQuery } from '../../../src/pages/admin/user-query'
import { PathParams } from '../../../src/pages/runtime/address'

it('counts what a page cannot read in its address as not there', () => {
  const usual = { status: '', sort: 'newest', page: 1 }
  expect(UsersQuery().parse({})).toEqual(usual)
  for (const page of ['', '0', '-1', '501', '1e400', 'NaN', 'x']) {
    expect(UsersQuery().parse({ page, status: 'x', sort: 'x', cursor: 'x', more: 'x' })).toEqual(
      usual,
    )
  }
  expect(EventsQuery().parse({ cursor: 'x' })).toEqual({})
})

it('takes the first of a name that is there twice', () => {
  const twice = { search: ['ada', 'bob'], status: ['pending', 'active'], page: ['3', '4'] }
  expect(UsersQuery().parse(twice)).toMatchObject({ search: 'ada', status: 'pending', page: 3 })
})

it('takes an id in plain digits and no other', () => {
  expect(PathParams().parse({ id: '42' }).id).toBe(42)
  for (const id of [undefined, '', '0', '01', '-1', '1.5', '1e3', '9'.repeat(16), 'x']) {
    expect(PathParams().parse({ id }).id, id).toBe(0)
  }
})
