import { expect } from 'vitest'
import type { Reply } from './api'

/** The issues of a 422, as `path code`, sorted. */
export function named(reply: Reply): string[] {
  expect([reply.status, reply.body.code], JSON.stringify(reply.body)).toEqual([
    422,
    'validation_failed',
  ])
  for (const issue of reply.body.errors) {
    expect(issue).toEqual({
      path: expect.any(String),
      code: expect.stringMatching(/^[a-z0-9_]+$/),
      message: expect.stringMatching(/\w/),
    })
  }
  return reply.body.errors
    .map((issue: { path: string; code: string }) => `${issue.path} ${issue.code}`)
    .sort()
}
