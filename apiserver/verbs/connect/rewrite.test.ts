import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rewriteHtml, rewriteUrl } from './rewrite.ts';

const as = {
  prefix: '/api/v1/pods/web/proxy',
  backendHost: '10.0.0.1:8080',
  clientHost: 'localhost:8001',
};
const page = (html: string) => rewriteHtml(html, as);

test('URLs of the backend lead through the proxy; others are left alone', () => {
  const cases: Record<string, string> = {
    '/a/b': `${as.prefix}/a/b`,
    '/a/': `${as.prefix}/a/`,
    '/a?b=/c#d': `${as.prefix}/a?b=/c#d`,
    'http://10.0.0.1:8080/a': `${as.prefix}/a`,
    'http://localhost:8001/a': `http://localhost:8001${as.prefix}/a`,
    [`${as.prefix}/a`]: `${as.prefix}/a`,
    'http://example.com/a': 'http://example.com/a',
    '//example.com/a': '//example.com/a',
    'a/b': 'a/b',
    '../a': '../a',
    '#top': '#top',
    '/a%zz': '/a%zz',
    '/a b': `${as.prefix}/a%20b`,
    // bytes of UTF-8, each a character here
    '/\u00c3\u00bc%2F': `${as.prefix}/%C3%BC/`,
    '/a%2Fb': `${as.prefix}/a%2Fb`,
    '': '',
  };
  for (const [url, expected] of Object.entries(cases)) assert.equal(rewriteUrl(url, as), expected);
});

test('in a page only the values of URL attributes change', () => {
  assert.equal(page('<a href="/x">/x</a>'), `<a href="${as.prefix}/x">/x</a>`);
  assert.equal(
    page("<IMG alt='a > b' SRC='/i.png'/>"),
    `<IMG alt='a > b' SRC="${as.prefix}/i.png"/>`,
  );
  assert.equal(page('<a href=/x title=t>'), `<a href="${as.prefix}/x" title=t>`);
  assert.equal(page('<a href="/x?a=1&amp;b=2">'), `<a href="${as.prefix}/x?a=1&amp;b=2">`);
  for (const same of [
    '<p href="/x">',
    '<a data-href="/x" name="/y">',
    '<!-- <a href="/x"> -->',
    '<script>if (a<b) { c = \'<a href="/x">\'; }</script>',
    '<a href="http://example.com/x">',
    'a < b && c > d',
  ]) {
    assert.equal(page(same), same);
  }
});

test('the tag of a script is markup, its text is not', () => {
  const script = page('<script src="/a.js">var x = \'<img src="/b">\';</script><img src="/c">');
  assert.equal(
    script,
    `<script src="${as.prefix}/a.js">var x = '<img src="/b">';</script><img src="${as.prefix}/c">`,
  );
});
