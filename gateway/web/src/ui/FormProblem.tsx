import type { ApiProblem } from '../api/problem';

interface FormProblemProps {
  problem: ApiProblem | null;
  /** The fields that show their own errors; what is wrong with others is shown here. */
  fields?: readonly string[];
}

/** Says above a form why it was refused. The region is always there, so that screen readers announce it. */
export function FormProblem({ problem, fields }: FormProblemProps) {
  const others = fields ? Object.entries(problem?.errors ?? {}).filter(([name]) => !fields.includes(name)) : [];
  return (
    <div role="alert">
      {problem && (
        <div className="notice danger">
          <p>{problem.message}</p>
          {others.map(([name, errors]) => (
            <p key={name} className="small">
              {name}: {errors.join(' ')}
            </p>
          ))}
        </div>
      )}
    </div>
  );
}
