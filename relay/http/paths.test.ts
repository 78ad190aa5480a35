/** Paths are read in one way only. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createPathIndex, isPlainPath, methodsOf, pathOf, routerPath } from './paths.ts'
import { type Route, route } from './route.ts'

test('the path of a target is what stands before the query, in origin form and in absolute form', () => {
  for (const target of [
    '/a/b',
    '/a/b?c',
    '/a/b?c?d/e',
    '/a/b#c',
    'http://h/a/b',
    'HTTPS://u:p@h:1/a/b?c',
    '/a/b?http://h/c',
  ])
    assert.equal(pathOf(target), '/a/b', target)
  assert.equal(pathOf('*'), '*')
  assert.equal(pathOf('http://h'), '')
})

test('S-W3 plain paths are plain', () => {
  for (const path of [
    '/',
    '/v1/devices/a.b_c-1',
    '/v1/devices/a%40peer.example',
    '/%c3%a4',
    '/.well-known/host-meta.json',
    '/a...b',
  ])
    assert.ok(isPlainPath(path), path)
})

test('S-W3 what two readers could read differently is not', () => {
  const twisted = [
    '',
    '*',
    'a',
    '/.',
    '/..',
    '/a/../b',
    '/a/./b',
    '//a',
    '/a//b',
    '/%2e',
    '/%2E',
    '/a%2fb',
    '/a%5Cb',
    '/%u002e',
    '/a;b',
    '/a\\b',
  ]
  for (const path of [...twisted, '/%', '/%4', '/%zz', '/%00', '/%1f', '/%7F', '/a b', '/ä', '/a\n', '/%c0%ae', '/%ff'])
    assert.ok(!isPlainPath(path), path)
})

test('S-W3 a path that is taken for plain has the same segments decoded or not', () => {
  const piece = fc.constantFrom(
    '/',
    '.',
    '%',
    '2',
    'e',
    'E',
    'f',
    '5',
    'c',
    'a',
    ';',
    '\\',
    '%2e',
    '%25',
    '%2f',
    'u',
    '0',
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const path = `/${pieces.join('')}`
      if (!isPlainPath(path)) return
      const once = decodeURIComponent(path)
      assert.equal(once.split('/').length, path.split('/').length, path)
      assert.doesNotMatch(once, /\/\.{1,2}(\/|$)|[\\;]|\/\//, path)
    }),
    { numRuns: 5000 },
  )
})

const described = (method: Route['method'], path: string, access: Route['access']) =>
  route({ method, path, access, operationId: path, summary: path, answers: {}, handle: async () => ({ status: 200 }) })

test('a path is found whatever the method, one segment to a parameter', () => {
  const routes = [
    described('GET', '/v1/a/{id}', 'anybody'),
    described('DELETE', '/v1/a/{id}', 'admin'),
    described('GET', '/v1/a.b', 'admin'),
  ]
  const routesAt = createPathIndex(routes)
  assert.deepEqual(methodsOf(routesAt('/v1/a/x')), ['GET', 'HEAD', 'DELETE', 'OPTIONS'])
  assert.deepEqual(methodsOf(routesAt('/v1/a.b')), ['GET', 'OPTIONS'])
  for (const path of ['/v1/a', '/v1/a/', '/v1/a/x/y', '/v1/axb', '/x/v1/a/x'])
    assert.equal(routesAt(path).length, 0, path)
  assert.equal(routerPath('/v1/a/{id}/b/{other}'), '/v1/a/:id/b/:other')
})
