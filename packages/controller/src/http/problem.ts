/** Every error as `application/problem+json`. Source: RFC 9457. */
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { FettleError } from '@fettle/sdk/fettle-error';
import { problemOf } from '@fettle/sdk/problem-error';
import { conceal } from '../conceal.ts';

export const problemType = 'application/problem+json; charset=utf-8';

/** Path without the query, which may hold a token. */
export function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? '/';
}

export function sendProblem(reply: FastifyReply, error: FettleError): FastifyReply {
  const problem = problemOf(error, pathOf(reply.request));
  const body = { ...problem, detail: conceal(problem.detail) };
  return reply.code(error.status).type(problemType).send(JSON.stringify(body));
}

const retryHint = 'try again; if it stays, see the newest file in .fettle/logs/@controller.1';

/** What fastify, its parser or a handler threw, as an error that says what to do. */
export function asFettleError(error: unknown): FettleError {
  if (error instanceof FettleError) return error;
  const { code, message, statusCode, validation } = error as Partial<FastifyError>;
  if (validation !== undefined)
    return new FettleError('E-API-INPUT', message ?? 'the request does not fit', {
      hint: 'see /api/openapi.json for what is allowed',
      status: 400,
    });
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new FettleError('E-API-TOO-LARGE', 'the body is larger than this route takes', {
      hint: 'send less: 64 kB at most, 10 kB to /ping, 2 MB to /api/v1/errors',
      status: 413,
    });
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return new FettleError('E-API-MEDIA', 'the body is not JSON', {
      hint: 'send it with content-type: application/json',
      status: 415,
    });
  if (code === 'FST_ERR_HANDLER_TIMEOUT')
    return new FettleError('E-API-TIMEOUT', 'no answer within the deadline', {
      hint: retryHint,
      status: 503,
    });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new FettleError('E-API-INPUT', message ?? 'the request is not understood', {
      hint: 'see /api/openapi.json for what is allowed',
      status: statusCode,
      cause: error,
    });
  return new FettleError('E-INTERNAL', 'the controller made a mistake', {
    hint: retryHint,
    status: 500,
    cause: error,
  });
}
